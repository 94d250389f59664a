// The form of a signed payload, by the byte (docs/protocol.md, "Signing messages"). It is the text
// that counts: what JSON says the same is nobody's signature.

// base64url of 16, 32 and 64 bytes: no bit is set beyond the last one.
const k32 = "[\\w-]{42}[AEIMQUYcgkosw048]";
const kForm = new RegExp(
  `^{(.+,)?"signed":{(?:"key":"(${k32})","nonce":"([\\w-]{21}[AQgw])",)?` +
    `"count":([1-9]\\d{0,15})},"signature":"([\\w-]{85}[AQgw]|${k32})"}$`,
  "s",
);

const kTokens = /"(?:[^"\\]+|\\.)*"|([[{])|([\]}])/g;

/** Undefined if the payload is in neither form. */
export function formIn(payload: string) {
  const [, own, key, nonce, number, signature = ""] = kForm.exec(payload) ?? [];
  const count = Number(number);
  return !key === !signature[43] && count < 2 ** 53
    ? { own, key, nonce, count, signature }
    : undefined;
}

/** The payload's text in that of a message which ends in it. */
export const payloadIn = (message: string) =>
  message.slice(message.indexOf('"payload":') + 10, -1);

/** The same of a history's messages. */
export function payloadsIn(history: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 1: opens, 2: closes, index } of history.matchAll(kTokens)) {
    if (opens && ++depth === 3) start = index;
    if (closes && --depth === 2) out.push(payloadIn(history.slice(start, index + 1)));
  }
  return out;
}
