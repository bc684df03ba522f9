// One client of the comparison, as a process of its own: makes calls, and tells what one costs it.
import { createRequire } from 'node:module';
import { CallCredentials, credentials, Metadata } from '@grpc/grpc-js';
import { clientSecret, createChannel } from 'grpc-entra/client';
import { OrdersServiceClient } from '#examples/orders/gen/orders/v1/orders.ts';
import { repeat } from '../contest.mjs';

const peer = (name) => import(createRequire(`${process.cwd()}/test/peers/`).resolve(name));

/** grpc-js, with a token that never ends in metadata that is never made anew: nothing can be cheaper. */
function byHand({ target, ca, token }) {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return [new OrdersServiceClient(target, credentials.createSsl(ca)), metadata];
}

/** A channel of ours. */
function channel({ target, ca, caFile, app, scope }) {
  const credential = clientSecret({
    tenantId: app.tenantId,
    clientId: app.clientId,
    secret: app.secret,
    authority: { emulator: app.origin, caFile },
  });
  const opened = createChannel(target, { tls: { ca: ca.toString() }, credential, scope });
  return [new OrdersServiceClient(...opened.forGeneratedClient()), new Metadata()];
}

/** What people build today: call credentials that ask msal-node, whose cache answers. */
async function usual({ target, ca, app, scope }) {
  const { ConfidentialClientApplication } = await peer('@azure/msal-node');
  const application = new ConfidentialClientApplication({
    auth: {
      authority: `${app.origin}/${app.tenantId}`,
      knownAuthorities: [new URL(app.origin).host],
      clientId: app.clientId,
      clientSecret: app.secret,
    },
  });
  const perCall = CallCredentials.createFromMetadataGenerator((_options, callback) => {
    application.acquireTokenByClientCredential({ scopes: [scope] }).then(({ accessToken }) => {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${accessToken}`);
      callback(null, metadata);
    }, callback);
  });
  const secure = credentials.combineChannelCredentials(credentials.createSsl(ca), perCall);
  return [new OrdersServiceClient(target, secure), new Metadata()];
}

const contestants = { 'by hand': byHand, channel, usual };

const call = (client, metadata) => () =>
  new Promise((resolve, reject) => {
    client.getOrder({ orderId: '42' }, metadata, (error) =>
      error === null ? resolve() : reject(error),
    );
  });

async function measured({ name, settings, warmUp, calls, concurrency }) {
  const ca = Buffer.from(settings.ca);
  const one = call(...(await contestants[name]({ ...settings, ca })));
  // The first alone: it obtains the token, and msal would obtain one for each of many.
  await one();
  await repeat(warmUp, concurrency, one);
  const before = process.cpuUsage();
  await repeat(calls, concurrency, one);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

process.once('message', (request) => {
  measured(request).then(
    (micros) => process.send({ micros }, () => process.exit()),
    (error) => process.send({ failure: String(error) }, () => process.exit(1)),
  );
});
process.send({ ready: true });
