// What is signed: the text, and what can be.
import { PerseidError } from "../errors.js";
import { formIn } from "../signed_form.js";

export { payloadsIn } from "../signed_form.js";

/** What was signed; undefined if the payload is in neither form. */
export function formOf(payload: string) {
  const form = formIn(payload);
  if (!form) return undefined;
  const { own = ",", ...rest } = form;
  const head = payload.slice(0, -rest.signature.length - 2);
  return { ...rest, body: `{${own.slice(0, -1)}}`, head };
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
