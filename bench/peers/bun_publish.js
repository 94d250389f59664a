// Bun's own WebSocket server and its publish: what one client of a room sends, every client of that
// room receives as it is, the sender included. No envelope, no sequence, no checks.
// Usage: bun bun_publish.js [port]; prints `listening on HOST:PORT`.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2] ?? 0),
  fetch(request, server) {
    const room = new URL(request.url).searchParams.get("room") ?? "lobby";
    if (server.upgrade(request, { data: { room } })) return undefined;
    return new Response("A WebSocket is expected here.\n", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    backpressureLimit: 64 * 1024 * 1024, // nothing may be dropped: the load counts
    open(socket) {
      socket.subscribe(socket.data.room);
    },
    message(socket, message) {
      server.publish(socket.data.room, message);
    },
  },
});
console.log(`listening on 127.0.0.1:${server.port}`);
