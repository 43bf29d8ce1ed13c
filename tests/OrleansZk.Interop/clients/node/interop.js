'use strict';
// What the Node cases share: promises around the client's callbacks, and checks that say what was wrong.

const assert = require('node:assert/strict');
const zookeeper = require('node-zookeeper-client');

const HOSTS = process.env.INTEROP_HOSTS;
const PATIENCE_MS = 30000;

/** The client's methods as promises. `calls` keeps a client's replies in the order in which they came. */
class Session {
  constructor(options = {}) {
    const { chroot = '', ...rest } = options;
    this.client = zookeeper.createClient(HOSTS + chroot, { sessionTimeout: 20000, retries: 10, spinDelay: 100, ...rest });
    this.states = [];
    this.client.on('state', (state) => this.states.push(state.getName()));
  }

  static async open(options) {
    const session = new Session(options);
    const connected = new Promise((resolve) => session.client.once('connected', resolve));
    session.client.connect();
    await within(connected, 'a connection');
    return session;
  }

  call(method, ...args) {
    return within(new Promise((resolve, reject) => {
      this.client[method](...args, (error, ...results) => (error ? reject(error) : resolve(results)));
    }), `${method} ${args[0]}`);
  }

  async create(path, data = null, mode = zookeeper.CreateMode.PERSISTENT, acl = zookeeper.ACL.OPEN_ACL_UNSAFE) {
    return (await this.call('create', path, data && Buffer.from(data), acl, mode))[0];
  }

  async exists(path, watcher) {
    return (await this.call('exists', path, watcher || null))[0];
  }

  async get(path, watcher) {
    return this.call('getData', path, watcher || null);
  }

  async set(path, data, version = -1) {
    return (await this.call('setData', path, Buffer.from(data), version))[0];
  }

  async children(path, watcher) {
    return (await this.call('getChildren', path, watcher || null))[0].sort();
  }

  async remove(path, version = -1) {
    await this.call('remove', path, version);
  }

  async commit(transaction) {
    return within(new Promise((resolve) => transaction.commit((error, results) => resolve({ error, results }))), 'a transaction');
  }

  /** Lets this client see what others have written, whichever server it is at; there is no sync in this library, but a write does it too. */
  async catchUp() {
    await this.set(process.env.INTEROP_ROOT, '');
  }

  close() {
    this.client.close();
  }
}

/** Waits for a promise, though not for ever. */
function within(promise, what) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`never came: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
}

/** A watcher and the promise of its event. */
function expectEvent() {
  let told;
  const event = within(new Promise((resolve) => { told = resolve; }), 'an event');
  event.catch(() => {});
  return { watcher: (e) => told(`${e.getName()} ${e.getPath()}`), event };
}

/** The call must fail with exactly this code. */
async function refused(code, promise) {
  const error = await promise.then((value) => assert.fail(`expected ${code}, but the call returned ${value}`), (e) => e);
  assert.equal(error.name, code, String(error.stack));
}

module.exports = { Session, assert, expectEvent, refused, within, zookeeper };
