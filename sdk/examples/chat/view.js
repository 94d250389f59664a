// Draws the chat. Texts of others are only ever set as text.

const kEmojis = ['👍', '❤️', '😄'];
const find = (id) => document.getElementById(id);

export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function button(text, label, press) {
  const made = element('button', '', text);
  made.type = 'button';
  made.setAttribute('aria-label', label);
  made.addEventListener('click', press);
  return made;
}

let shown; // The list that is on the page.

// `actions`: react(message, emoji, remove), edit(message), remove(message).
export function showMessages(list, me, actions) {
  const box = find('messages');
  const atEnd = list !== shown || box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  shown = list;
  box.replaceChildren(...list.map((message) => row(message, me, actions)));
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function row(message, me, actions) {
  const { sender, name, text, timestamp, edited, deleted, reactions, to, toName, seq } = message;
  const item = element('li', to ? 'private' : '');
  if (!deleted && seq !== undefined) item.append(tools(message, sender === me, actions));
  const you = toName ? `you to ${toName}` : 'you';
  item.append(element('span', 'who', sender === me ? you : name));
  item.append(element('span', deleted ? 'note' : 'text', deleted ? 'deleted' : text), ' ');
  const time = new Date(timestamp).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  item.append(element('span', 'when', edited && !deleted ? `${time}, edited` : time));
  if (reactions.size > 0 && !deleted) {
    const line = element('div', 'reactions');
    for (const [emoji, { count, mine }] of reactions) {
      const press = () => actions.react(message, emoji, mine);
      const each = button(`${emoji} ${count}`, `${count} reacted with ${emoji}`, press);
      each.setAttribute('aria-pressed', String(mine));
      line.append(each);
    }
    item.append(line);
  }
  return item;
}

function tools(message, isMine, { react, edit, remove }) {
  const line = element('span', 'tools');
  for (const emoji of kEmojis) {
    line.append(button(emoji, `React with ${emoji}`, () => react(message, emoji, false)));
  }
  if (isMine) {
    line.append(button('edit', 'Edit', () => edit(message)));
    line.append(button('delete', 'Delete', () => remove(message)));
  }
  return line;
}

export function showList(id, items) {
  find(id).replaceChildren(
    ...items.map(({ text, isCurrent, press }) => {
      const item = element('li');
      const each = button(text, text, press);
      each.setAttribute('aria-current', String(isCurrent ?? false));
      item.append(each);
      return item;
    }),
  );
}
