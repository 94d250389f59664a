// RoomCipher: what `encryption` of join() has to be. perseid/secure makes one of WebCrypto.

export interface RoomCipher {
  /** A text that only holders of the key can open, where `context` is the same. */
  seal(plain: string, context: string): Promise<string>;
  /** Rejects with `undecryptable`. `isReplay`: false for what may have been read before. */
  open(sealed: string, context: string, isLive: boolean): Promise<string>;
}
