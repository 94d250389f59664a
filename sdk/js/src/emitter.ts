// Emitter: typed events. A handler that throws harms neither the link nor the other handlers.

type Handlers<Events> = { [Name in keyof Events]?: Set<(event: Events[Name]) => void> };

export class Emitter<Events> {
  #handlers: Handlers<Events> = {};

  /** Calls `handler` for every such event; returns what ends that. */
  on<Name extends keyof Events>(name: Name, handler: (event: Events[Name]) => void): () => void {
    (this.#handlers[name] ??= new Set()).add(handler);
    return () => this.off(name, handler);
  }

  /** The same for the next event alone. */
  once<Name extends keyof Events>(name: Name, handler: (event: Events[Name]) => void): () => void {
    const end = this.on(name, (event) => {
      end();
      handler(event);
    });
    return end;
  }

  off<Name extends keyof Events>(name: Name, handler: (event: Events[Name]) => void): void {
    this.#handlers[name]?.delete(handler);
  }

  /** @internal */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    const handlers = this.#handlers[name];
    if (!handlers) return;
    for (const handler of [...handlers]) {
      try {
        handler(event);
      } catch (error) {
        // As an error of the page's own, outside of this loop.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }

  /** @internal */
  has(name: keyof Events): boolean {
    return (this.#handlers[name]?.size ?? 0) > 0;
  }
}
