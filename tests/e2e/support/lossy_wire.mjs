// A wire between a client and a relay that can be cut, and that can lose what goes over it before it is.
import { connect, createServer } from 'node:net';
import { once } from 'node:events';

export class LossyWire {
  host = '127.0.0.1';
  port = 0;
  losesToRelay = false;
  losesToClient = false;
  #server;
  #sockets = new Set();
  #down = false;

  static async to(t, relay) {
    const wire = new LossyWire();
    wire.#server = createServer((socket) => wire.#carry(socket, relay));
    wire.#server.listen(0, wire.host);
    await once(wire.#server, 'listening');
    wire.port = wire.#server.address().port;
    t.after(() => {
      wire.cut();
      wire.#server.close();
    });
    return wire;
  }

  // Ends every connection, and refuses new ones until mended. What is lost from here on is lost by this.
  cut() {
    this.#down = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  mend() {
    this.losesToRelay = this.losesToClient = this.#down = false;
  }

  #carry(client, relay) {
    if (this.#down) {
      client.destroy();
      return;
    }
    const server = connect(relay.port, relay.host);
    const ends = [client, server];
    for (const end of ends) {
      this.#sockets.add(end);
      end.on('error', () => {}); // `close` follows.
      end.on('close', () => ends.forEach((each) => each.destroy()));
    }
    client.on('data', (bytes) => this.losesToRelay || server.write(bytes));
    server.on('data', (bytes) => this.losesToClient || client.write(bytes));
  }
}
