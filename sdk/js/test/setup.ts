// Node 18 keeps WebCrypto in its module; everything newer has it as a global.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto as Crypto;
