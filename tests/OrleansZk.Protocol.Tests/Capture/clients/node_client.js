// Does with node-zookeeper-client what that can do; prints its version last.
'use strict';
const net = require('net');
const zk = require('node-zookeeper-client');

const [host, control] = process.argv.slice(2);
const client = zk.createClient(host, { sessionTimeout: 10000, retries: 1 });
const call = (method, ...args) => new Promise(resolve => client[method](...args, (error, ...rest) => resolve([error, ...rest])));
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const watcher = () => {};

async function main() {
    await new Promise(resolve => { client.once('connected', resolve); client.connect(); });
    await call('create', '/node', Buffer.from('root'));
    await call('create', '/node/data', Buffer.from('some data'));
    await call('create', '/node/empty');
    await call('create', '/node/ephemeral', Buffer.from('e'), zk.CreateMode.EPHEMERAL);
    await call('create', '/node/seq-', Buffer.from('s'), zk.CreateMode.PERSISTENT_SEQUENTIAL);
    await call('create', '/node/eseq-', Buffer.from('es'), zk.CreateMode.EPHEMERAL_SEQUENTIAL);
    await call('create', '/node/acl', Buffer.from(''), [new zk.ACL(zk.Permission.READ | zk.Permission.ADMIN, new zk.Id('world', 'anyone'))]);
    await call('create', '/node/data', Buffer.from('again'));
    await call('exists', '/node/missing', watcher);
    await call('exists', '/node/data', watcher);
    await call('getData', '/node/data', watcher);
    await call('getData', '/node/missing');
    await call('getChildren', '/node', watcher);
    await call('getACL', '/node/acl');
    await call('setACL', '/node/acl', zk.ACL.OPEN_ACL_UNSAFE);
    await call('setData', '/node/data', Buffer.from('other data'));
    await call('setData', '/node/data', Buffer.from('never'), 77);
    await call('create', '/node/missing');
    await call('remove', '/node/missing');
    await call('remove', '/node');
    client.addAuthInfo('digest', Buffer.from('user:password'));
    await pause(300);
    await call('getData', '/node/data', watcher);
    await call('exists', '/node/later', watcher);
    await call('getChildren', '/node', watcher);
    const commit = transaction => new Promise(resolve => transaction.commit((error, results) => resolve([error, results])));
    await commit(client.transaction().create('/node/t1', Buffer.from('1')).check('/node/data', 1).setData('/node/data', Buffer.from('t')).remove('/node/t1'));
    await commit(client.transaction().create('/node/t2').check('/node/data', 99).remove('/node/data'));
    await call('getData', '/node/data', watcher);
    await new Promise(resolve => { client.once('connected', resolve); net.connect(+control, '127.0.0.1').end(); });
    await call('setData', '/node/data', Buffer.from('after'));
    await pause(4000);
    await call('removeRecursive', '/node');
    await new Promise(resolve => { client.once('disconnected', resolve); client.close(); });
    console.log('node-zookeeper-client', require('node-zookeeper-client/package.json').version);
    process.exit(0);
}

main().catch(error => { console.error(error); process.exit(1); });
