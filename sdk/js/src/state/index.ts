/**
 * The binary flavour and the decoder of coded state: fewer bytes for who needs that.
 *
 * ```ts
 * import { binary } from "perseid/state";
 * const client = connect(url, { flavour: binary() });
 * ```
 *
 * @packageDocumentation
 */
export { binary, type BinaryOptions } from "./binary.js";
export { codedUpdate } from "./coded_update.js";
export { StateDecoder, type DecodeResult, type DecoderBounds } from "./decoder.js";
export { Schema, type Field, type FieldType, type Part } from "./schema.js";
