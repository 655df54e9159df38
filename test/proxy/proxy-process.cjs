// An HTTP proxy: CONNECT, absolute addresses and upgrades. Every host is this machine. Prints a line for each: the
// method and what was asked for.
const { createServer, request } = require('node:http');
const { connect } = require('node:net');

const isAllowed = (headers) =>
  process.argv[2] === undefined || headers['proxy-authorization'] === `Basic ${process.argv[2]}`;

const server = createServer((incoming, answer) => {
  process.stdout.write(`${incoming.method} ${incoming.url}\n`);
  if (!isAllowed(incoming.headers)) return answer.writeHead(407).end();
  const { port, pathname, search } = new URL(incoming.url);
  const target = { host: '127.0.0.1', port: port || 80, method: incoming.method, path: pathname + search };
  const onward = request({ ...target, headers: incoming.headers }, (reply) => {
    answer.writeHead(reply.statusCode, reply.headers);
    reply.pipe(answer);
  });
  onward.on('error', () => answer.writeHead(502).end());
  incoming.pipe(onward);
});
server.on('connect', (incoming, socket, head) => {
  process.stdout.write(`CONNECT ${incoming.url}\n`);
  socket.on('error', () => undefined);
  if (!isAllowed(incoming.headers)) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  const onward = connect(Number(incoming.url.split(':')[1]), '127.0.0.1', () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
