// Loaded before a foreign client: whatever asks for a host off this machine fails, loudly.
import dns from 'node:dns';
import net from 'node:net';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '::1']);
const refuse = (host) => {
  if (host === undefined || LOOPBACK.has(host)) return;
  process.stderr.write(`left loopback: ${host}\n`);
  process.exit(99);
};

const { lookup } = dns;
dns.lookup = (host, ...rest) => {
  refuse(host);
  return lookup(host, ...rest);
};
const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function (...args) {
  const [options] = Array.isArray(args[0]) ? args[0] : args;
  refuse(typeof options === 'object' ? options?.host : undefined);
  return connect.apply(this, args);
};
