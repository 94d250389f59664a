// The form of a signed payload, by the byte (docs/protocol.md, "Signing messages"), and the text
// that is signed.
import { PerseidError } from "../errors.js";

export interface SignedForm {
  /** What there was before it was signed. */
  body: string;
  /** The payload up to the signature. */
  head: string;
  key: string | undefined;
  nonce: string | undefined;
  count: number;
  signature: string;
}

// base64url of 16, 32 and 64 bytes: no bit is set beyond the last one.
const k16 = "[\\w-]{21}[AQgw]";
const k32 = "[\\w-]{42}[AEIMQUYcgkosw048]";
const k64 = "[\\w-]{85}[AQgw]";
const kForm = new RegExp(
  `(,?)"signed":\\{(?:"key":"(${k32})","nonce":"(${k16})",)?"count":([1-9]\\d{0,15})\\},` +
    `"signature":"(${k64}|${k32})"\\}$`,
);
const kFormMax = 256;

/** Undefined if the payload is in neither form. */
export function formOf(payload: string): SignedForm | undefined {
  const match = kForm.exec(payload.slice(-kFormMax));
  if (!match) return undefined;
  const [whole = "", comma, key, nonce, number, signature = ""] = match;
  const begun = payload.slice(0, -whole.length);
  const count = Number(number);
  const isOne = (key === undefined) === (signature.length === 43);
  const isAlone = begun === "{";
  if (!isOne || !Number.isSafeInteger(count) || isAlone !== (comma === "")) return undefined;
  const head = payload.slice(0, -signature.length - 2);
  return { body: `${begun}}`, head, key, nonce, count, signature };
}

/** Throws for what cannot be signed, or of which receivers would not see all. */
export function checkSignable(text: string): void {
  const refuse = (why: string) => new PerseidError("bad_value", why, "payload");
  if (!text.startsWith("{")) {
    throw refuse("Only objects can be signed: say { value: … } in place of what is none.");
  }
  if (!/"(signed|signature)"/.test(text)) return;
  const own = Object.keys(JSON.parse(text) as object);
  if (own.includes("signed") || own.includes("signature")) {
    throw refuse("`signed` and `signature` are the signature's: call what you say otherwise.");
  }
}

/** What of an object's text stands before its signature; `signed` is JSON. */
export function headOf(object: string, signed: string): string {
  const begun = object.slice(0, -1);
  return `${begun}${begun === "{" ? "" : ","}"signed":${signed},"signature":"`;
}

const kEncoder = new TextEncoder();

export const textToSign = (lane: string, place: string, head: string) =>
  kEncoder.encode(`perseid-signature-v1\n${lane}\n${place}\n${head}`);

/** The payloads' own texts in that of a history, each of whose messages ends in its payload. */
export function payloadsIn(history: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of history.matchAll(/"(?:[^"\\]+|\\.)*"|[[\]{}]/g)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") {
      if (--depth === 2) out.push(history.slice(start, index));
    } else if (depth === 3 && history.startsWith('"payload":', index)) start = index + 10;
  }
  return out;
}
