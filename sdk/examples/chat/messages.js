// What a room's messages have become: edits, deletions and reactions applied, in order.

export class Messages {
  list = []; // { seq, sender, name, timestamp, text, edited, deleted, reactions, to, toName }
  #bySeq = new Map();

  // A chat event, or a message of the history; `name` of who is known here, else as it says itself.
  add({ seq, sender, timestamp, payload, edited, deleted, reactions, to }, name, toName) {
    if (this.#bySeq.has(seq)) return;
    const counts = new Map((reactions ?? []).map(({ emoji, count, mine }) => [emoji, { count, mine }]));
    const called = name ?? payload.name ?? sender;
    const text = payload.text ?? payload.emoji ?? JSON.stringify(payload);
    const message = { seq, sender, name: called, timestamp, text, edited, deleted, to, toName };
    message.reactions = counts;
    this.list.push(message);
    if (seq !== undefined) this.#bySeq.set(seq, message);
  }

  // A change event: of a message that this page has, or of an older one.
  change({ sender, payload }, me) {
    const { edit, react } = payload;
    const message = this.#bySeq.get((edit ?? react ?? payload.delete).seq);
    if (!message) return;
    if (edit) Object.assign(message, { text: edit.text, edited: true });
    else if (react) this.#react(message.reactions, react, sender === me);
    else message.deleted = true;
  }

  #react(reactions, { emoji, remove }, isMine) {
    const now = reactions.get(emoji) ?? { count: 0, mine: false };
    const count = now.count + (remove ? -1 : 1);
    if (count > 0) reactions.set(emoji, { count, mine: isMine ? !remove : now.mine });
    else reactions.delete(emoji);
  }
}
