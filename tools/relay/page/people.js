// People: the list of who is in the room.
import { $, el, dotColour, hueOf, setText } from './dom.js';

// This page itself stands first. writeTo(person) is called by a person's Whisper button.
export function showPeople(room, ownClient, writeTo) {
  const { people, total } = room;
  setText($('people-count'), total === 1 ? 'only you' : `${total}`);
  const items = [...people].map(([client, person]) =>
    personItem(client, person, client === ownClient, writeTo),
  );
  if (total > people.size)
    items.push(el('li', { className: 'quiet' }, `and ${total - people.size} more`));
  $('people').replaceChildren(...items);
}

function personItem(client, { name, away }, own, writeTo) {
  const swatch = el('span', { className: 'swatch' });
  swatch.style.background = dotColour(hueOf(client));
  const label = el('span', { className: 'label' }, el('bdi', {}, name));
  label.append(`${own ? ' (you)' : ''}${away ? ', away' : ''}`);
  const item = el('li', { className: away ? 'away' : '' }, swatch, label);
  if (!own && !away) {
    const button = el('button', { type: 'button', className: 'small' }, 'Whisper');
    button.setAttribute('aria-label', `Write privately to ${name}`);
    button.addEventListener('click', () => writeTo({ client, name }));
    item.append(button);
  }
  return item;
}
