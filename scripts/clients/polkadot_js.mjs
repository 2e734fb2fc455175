// @polkadot/api against a development node, by both providers: reads, a transfer with its events, a failed call.
import { ApiPromise, HttpProvider, Keyring, WsProvider } from '@polkadot/api';

const url = process.argv[2];
for (const provider of [new WsProvider(url), new HttpProvider(url.replace('ws', 'http'))]) {
  const api = await ApiPromise.create({ provider, noInitWarn: true });
  const keyring = new Keyring({ type: 'sr25519' });
  const [alice, bob] = ['//Alice', '//Bob'].map((uri) => keyring.addFromUri(uri));
  console.log('read', (await api.rpc.system.chain()).toString(), api.runtimeVersion.specVersion.toNumber());
  const before = (await api.query.system.account(bob.address)).data.free.toBigInt();
  console.log('map', (await api.query.subtensorModule.networksAdded.entries()).length);
  console.log('fee', (await api.tx.balances.transferKeepAlive(bob.address, 5).paymentInfo(alice)).partialFee.toString());
  console.log('block', (await api.rpc.chain.getBlock()).block.header.number.toNumber());
  console.log('call', (await api.call.subnetInfoRuntimeApi?.getSubnetsInfo?.())?.length);
  if (provider.hasSubscriptions) {
    const send = (tx) => new Promise((resolve, reject) => {
      tx.signAndSend(alice, ({ status, dispatchError, events }) => {
        if (status.isFinalized) resolve({ dispatchError, events: events.map(({ event }) => event.method) });
      }).catch(reject);
    });
    console.log('transfer', (await send(api.tx.balances.transferKeepAlive(bob.address, 5))).events.join(' '));
    const after = (await api.query.system.account(bob.address)).data.free.toBigInt();
    if (after !== before + 5n) throw new Error(`${before} ${after}`);
    const { dispatchError } = await send(api.tx.subtensorModule.addStake(bob.address, 77, 1_000_000_000));
    const { name, docs } = api.registry.findMetaError(dispatchError.asModule);
    console.log('failed call', name, docs.join(' '));
    await new Promise((resolve) => api.rpc.chain.subscribeNewHeads((head) => {
      if (head.number.toNumber() > 60) resolve(console.log('head', head.number.toNumber()));
    }));
  } else {
    const hash = await api.tx.balances.transferKeepAlive(bob.address, 5).signAndSend(alice);
    console.log('transfer', hash.toHex());
  }
  await api.disconnect();
}
