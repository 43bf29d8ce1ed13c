'use strict';
// node-zookeeper-client against a running server. `node cases.js <case>`; exit code 0 passed, anything else failed.

const { Session, assert, expectEvent, refused, within, zookeeper } = require('./interop.js');

const { CreateMode, ACL, Permission, Id } = zookeeper;
const ROOT = process.env.INTEROP_ROOT;
const at = (...names) => [ROOT, ...names].join('/');

exports.createReadWriteDelete = async (zk) => {
  assert.equal(await zk.create(at('a'), 'one'), at('a'));
  const [data, stat] = await zk.get(at('a'));
  assert.equal(data.toString(), 'one');
  assert.deepEqual([stat.version, stat.cversion, stat.aversion, stat.dataLength, stat.numChildren], [0, 0, 0, 3, 0]);
  assert.deepEqual([stat.czxid, stat.czxid], [stat.mzxid, stat.pzxid]);
  const after = await zk.set(at('a'), 'changed', 0);
  assert.deepEqual([after.version, after.dataLength], [1, 7]);
  assert.equal((await zk.exists(at('a'))).version, 1);
  await zk.remove(at('a'), 1);
  assert.equal(await zk.exists(at('a')), null);
};

exports.everyCreateMode = async (zk) => {
  assert.equal(await zk.create(at('p')), at('p'));
  assert.equal(await zk.create(at('e'), null, CreateMode.EPHEMERAL), at('e'));
  assert.equal(await zk.create(at('s-'), null, CreateMode.PERSISTENT_SEQUENTIAL), at('s-0000000002'));
  assert.equal(await zk.create(at('es-'), null, CreateMode.EPHEMERAL_SEQUENTIAL), at('es-0000000003'));
  const owner = (await zk.exists(at('e'))).ephemeralOwner;
  assert.deepEqual(owner, zk.client.getSessionId());
  assert.deepEqual(await zk.children(ROOT), ['e', 'es-0000000003', 'p', 's-0000000002']);
};

exports.errors = async (zk) => {
  await zk.create(at('a'), 'x');
  await zk.create(at('e'), null, CreateMode.EPHEMERAL);
  await zk.create(at('a', 'b'));
  await refused('NODE_EXISTS', zk.create(at('a')));
  await refused('NO_NODE', zk.create(at('none', 'x')));
  await refused('NO_CHILDREN_FOR_EPHEMERALS', zk.create(at('e', 'x')));
  await refused('NO_NODE', zk.get(at('none')));
  await refused('NO_NODE', zk.children(at('none')));
  await refused('NO_NODE', zk.set(at('none'), 'x'));
  await refused('NO_NODE', zk.remove(at('none')));
  await refused('BAD_VERSION', zk.set(at('a'), 'x', 7));
  await refused('BAD_VERSION', zk.remove(at('a'), 7));
  await refused('NOT_EMPTY', zk.remove(at('a')));
  await refused('INVALID_ACL', zk.create(at('z'), null, CreateMode.PERSISTENT, ACL.CREATOR_ALL_ACL));
};

exports.watches = async (zk) => {
  const other = await Session.open();
  const created = expectEvent();
  assert.equal(await zk.exists(at('a'), created.watcher), null);
  await other.create(at('a'), '1');
  assert.equal(await created.event, `NODE_CREATED ${at('a')}`);
  const changed = expectEvent();
  await zk.get(at('a'), changed.watcher);
  await other.set(at('a'), '2');
  assert.equal(await changed.event, `NODE_DATA_CHANGED ${at('a')}`);
  const children = expectEvent();
  await zk.children(at('a'), children.watcher);
  await other.create(at('a', 'b'));
  assert.equal(await children.event, `NODE_CHILDREN_CHANGED ${at('a')}`);
  const deleted = expectEvent();
  await zk.exists(at('a', 'b'), deleted.watcher);
  await other.remove(at('a', 'b'));
  assert.equal(await deleted.event, `NODE_DELETED ${at('a', 'b')}`);
  other.close();
};

exports.accessControl = async (zk) => {
  const owner = await Session.open();
  owner.client.addAuthInfo('digest', Buffer.from('alice:wonder'));
  await owner.create(at('a'), 'mine', CreateMode.PERSISTENT, ACL.CREATOR_ALL_ACL);
  assert.equal((await owner.get(at('a')))[0].toString(), 'mine');
  await zk.catchUp();
  await refused('NO_AUTH', zk.get(at('a')));
  await refused('NO_AUTH', zk.set(at('a'), 'x'));
  await refused('NO_AUTH', zk.children(at('a')));
  const acl = (await owner.call('getACL', at('a')))[0];
  assert.deepEqual(acl.map((a) => [a.permission, a.id.scheme, a.id.id.split(':')[0]]), [[31, 'digest', 'alice']]);
  await owner.call('setACL', at('a'), [new ACL(Permission.READ, new Id('world', 'anyone'))], 0);
  await zk.catchUp();
  assert.equal((await zk.get(at('a')))[0].toString(), 'mine');
  await refused('NO_AUTH', zk.set(at('a'), 'x'));
  owner.close();
};

exports.transactions = async (zk) => {
  await zk.create(at('a'), 'x');
  await zk.create(at('d'));
  const good = await zk.commit(zk.client.transaction()
    .create(at('new'), Buffer.from('n'), ACL.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)
    .create(at('e'), null, ACL.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL)
    .setData(at('a'), Buffer.from('y'), 0)
    .check(at('a'), 1)
    .remove(at('d'), -1));
  assert.equal(good.error, null, String(good.error));
  assert.equal(good.results.length, 5);
  assert.equal(good.results[0].path, at('new'));
  assert.deepEqual(await zk.children(ROOT), ['a', 'e', 'new']);
  const bad = await zk.commit(zk.client.transaction()
    .create(at('x'), null, ACL.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT)
    .check(at('a'), 42)
    .remove(at('new'), -1));
  assert.equal(bad.error.name, 'BAD_VERSION');
  assert.deepEqual(await zk.children(ROOT), ['a', 'e', 'new']);
};

exports.helpersOfTheClient = async (zk) => {
  await zk.call('mkdirp', at('x', 'y'));
  // Version 1.1.3 of the client lists a node and its children, not the whole tree.
  const [tree] = await zk.call('listSubTreeBFS', at('x'));
  assert.deepEqual(tree.sort(), [at('x'), at('x', 'y')]);
  await zk.call('removeRecursive', at('x'), -1);
  assert.deepEqual(await zk.children(ROOT), []);
};

exports.ephemeralsGoWithTheirSession = async (zk) => {
  const other = await Session.open();
  await other.create(at('e'), null, CreateMode.EPHEMERAL);
  await zk.catchUp();
  const deleted = expectEvent();
  await zk.exists(at('e'), deleted.watcher);
  other.close();
  assert.equal(await deleted.event, `NODE_DELETED ${at('e')}`);
};

exports.sessionResumesAfterTheConnectionIsCut = async (zk) => {
  await zk.create(at('e'), null, CreateMode.EPHEMERAL);
  const id = zk.client.getSessionId().toString('hex');
  const changed = expectEvent();
  await zk.get(at('e'), changed.watcher);
  const back = new Promise((resolve) => zk.client.once('connected', resolve));
  zk.client.connectionManager.socket.destroy();
  await within(back, 'a new connection');
  assert.equal(zk.client.getSessionId().toString('hex'), id);
  assert.notEqual(await zk.exists(at('e')), null);
  // The client has set its watch again.
  const other = await Session.open();
  await other.set(at('e'), 'x');
  assert.equal(await changed.event, `NODE_DATA_CHANGED ${at('e')}`);
  other.close();
};

exports.pipelinedRequestsAreAnsweredInOrder = async (zk) => {
  await zk.create(at('a'), '0');
  const order = [];
  const pending = [];
  for (let i = 1; i <= 300; i++) {
    pending.push(zk.set(at('a'), String(i)).then(() => order.push(`set ${i}`)));
    pending.push(zk.get(at('a')).then(([data]) => order.push(`get ${data}`)));
  }
  await Promise.all(pending);
  const expected = [];
  for (let i = 1; i <= 300; i++) {
    expected.push(`set ${i}`, `get ${i}`);
  }
  assert.deepEqual(order, expected);
};

exports.chrootAndUnicode = async (zk) => {
  await zk.create(at('jail'));
  const inside = await Session.open({ chroot: at('jail') });
  assert.equal(await inside.create('/gr\u00fc\u00df-\u65e5\u672c', 'x'), '/gr\u00fc\u00df-\u65e5\u672c');
  await zk.catchUp();
  assert.deepEqual(await zk.children(at('jail')), ['gr\u00fc\u00df-\u65e5\u672c']);
  inside.close();
};

async function main() {
  const zk = await Session.open();
  await zk.create(ROOT);
  await exports[process.argv[2]](zk);
  zk.close();
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
