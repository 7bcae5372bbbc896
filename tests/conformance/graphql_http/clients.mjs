// Follows the toy feed with a public client, `node clients.mjs ws|sse <host:port>`, and prints what the client saw.
import { createClient as createSse } from 'graphql-sse';
import { createClient as createWs } from 'graphql-ws';
import WebSocket from 'ws';

const [, , transport, address] = process.argv;
const query = 'subscription { count }';
const token = 'Bearer person';
const pings = [];

const clients = {
  sse: () => createSse({ url: `http://${address}/graphql/stream`, headers: { Authorization: token }, retryAttempts: 0 }),
  ws: () =>
    createWs({
      url: `ws://${address}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: token, lastEventId: 'p0' },
      retryAttempts: 0,
      on: { ping: (received, payload) => received && payload && pings.push(payload) },
    }),
};

const client = clients[transport]();
const seen = [];
for await (const result of client.iterate({ query })) {
  seen.push(result.data ?? result.errors);
}
let refused = null;
try {
  for await (const result of client.iterate({ query: 'subscription { forbidden }' })) {
    refused = result.errors?.[0].extensions.code;
  }
} catch (error) {
  refused = Array.isArray(error) ? error[0].extensions.code : String(error);
}
await client.dispose();
console.log(JSON.stringify({ seen, refused, pings }));
