// Requests: system messages that await an answer. One that the link lost is asked again.
import type { PerseidError } from "./errors.js";
import type { SystemMessage } from "./messages.js";

interface Request {
  message: { [field: string]: unknown; id: number };
  room: string | undefined;
  sent: boolean;
  resolve(answer: SystemMessage): void;
  reject(error: PerseidError): void;
}

export class Requests {
  #waiting = new Map<number, Request>();

  /** `send` returns false while it cannot. */
  constructor(
    private readonly send: (message: object) => boolean,
    private readonly isReady: (room: string | undefined) => boolean,
  ) {}

  add(message: Request["message"], room?: string): Promise<SystemMessage> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(message.id, { message, room, sent: false, resolve, reject });
      this.pump();
    });
  }

  pump(): void {
    for (const request of this.#waiting.values()) {
      if (!request.sent && this.isReady(request.room)) request.sent = this.send(request.message);
    }
  }

  /** The connection is gone, and with it what was asked on it. */
  lost(): void {
    for (const request of this.#waiting.values()) request.sent = false;
  }

  answered(id: unknown, answer: SystemMessage): boolean {
    const request = this.#take(id);
    request?.resolve(answer);
    return request !== undefined;
  }

  refused(id: unknown, error: PerseidError): boolean {
    const request = this.#take(id);
    request?.reject(error);
    return request !== undefined;
  }

  fail(error: PerseidError, room?: string): void {
    for (const [id, request] of this.#waiting) {
      if (room === undefined || request.room === room) this.#take(id)!.reject(error);
    }
  }

  #take(id: unknown): Request | undefined {
    const request = this.#waiting.get(id as number);
    this.#waiting.delete(id as number);
    return request;
  }
}
