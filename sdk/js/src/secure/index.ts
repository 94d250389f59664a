/**
 * End-to-end encryption of a room's messages: the relay sees only ciphertext.
 *
 * ```ts
 * import { roomCipher } from "perseid/secure";
 * const encryption = await roomCipher({ keys: { "2026-11": secret }, current: "2026-11" });
 * const room = await client.join("lobby", { encryption });
 * ```
 *
 * @packageDocumentation
 */
export { roomCipher, newRoomKey, type RoomCipherOptions } from "./room_cipher.js";
export { ReplayWindow } from "./replay_window.js";
export {
  exportSigningKeys,
  importSigningKeys,
  newSigningKeys,
  publicSigningKey,
} from "./signing_keys.js";
export { ed25519Signer, hmacSigner } from "./signers.js";
export { verify, verifier, type VerifierOptions, type VerifyOptions } from "./verify.js";
