// Notice: the line under the header that says what went wrong.
import { $, el } from './dom.js';

const kRateNoticeMs = 4_000;
let leaving = 0;

// An error of the relay's. One that is over by itself leaves by itself.
export function showProblem({ code, message, retry_after_ms: retryAfterMs }) {
  show(message ?? 'Something went wrong.', ' ', el('code', { className: 'quiet' }, code));
  if (retryAfterMs !== undefined)
    leaving = setTimeout(hideNotice, Math.max(retryAfterMs, kRateNoticeMs));
}

// The relay did not let this page into its room. `home`: a room that it surely has, or null.
export function showRefusedRoom({ code, message }, home) {
  const words = {
    bad_value: "This room's name is not allowed.",
    name_too_long: "This room's name is too long.",
  };
  const way = home ? [' ', el('a', { href: `#${home}` }, `Go to #${home}`)] : [];
  show(words[code] ?? message, ...way);
}

// The page came from the relay, but its WebSocket never opened. The browser does not say why; these are the usual reasons.
export function showNeverConnected() {
  show(
    `The relay gave this page but does not take its connection. If it runs with --allow-origin, add ${location.origin} ` +
      'to that; a proxy in between must let WebSocket upgrades through.',
  );
}

export function hideNotice() {
  clearTimeout(leaving);
  $('notice').hidden = true;
}

function show(...content) {
  clearTimeout(leaving);
  $('notice-text').replaceChildren(...content);
  $('notice').hidden = false;
}
