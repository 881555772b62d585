// A small MoQT client for a page: drafts 18 and later, as much as it takes to subscribe to a track and to publish one.
// What it reads of numbers is exact up to 2^53.

const encoder = new TextEncoder(), decoder = new TextDecoder();

/** A variable-length integer (draft-18 "Variable-Length Integers"): as many leading ones as bytes follow the first. */
var integer = value => {
  if (value < 0x80) return [value];
  if (value < 0x4000) return [0x80 | value >> 8, value & 0xff];
  if (value < 0x200000) return [0xc0 | value >> 16, value >> 8 & 0xff, value & 0xff];
  throw new Error(`no room for ${value}`);
};
const text = value => { const bytes = [...encoder.encode(value)]; return [...integer(bytes.length), ...bytes]; };
const name = (namespace, track) => [...integer(1), ...text(namespace), ...(track === undefined ? [] : text(track))];

/** A control message: type, length in two bytes, body. */
const message = (type, body) => new Uint8Array([...integer(type), body.length >> 8, body.length & 0xff, ...body]);

/** Reads a stream as numbers and bytes. */
class Reader {
  constructor(stream) { this.source = stream.getReader(); this.bytes = new Uint8Array(0); this.ended = false; }

  async fill(count) {
    while (this.bytes.length < count && !this.ended) {
      const { value, done } = await this.source.read();
      if (done) { this.ended = true; break; }
      const joined = new Uint8Array(this.bytes.length + value.length);
      joined.set(this.bytes);
      joined.set(value, this.bytes.length);
      this.bytes = joined;
    }
    return this.bytes.length >= count;
  }

  async take(count) {
    if (!await this.fill(count)) throw new Error(`the stream ended, ${count} bytes were to come`);
    const taken = this.bytes.slice(0, count);
    this.bytes = this.bytes.slice(count);
    return taken;
  }

  async integer() {
    const first = (await this.take(1))[0];
    let more = 0;
    while (more < 8 && first & 0x80 >> more) more++;
    let value = more < 7 ? first & 0xff >> more + 1 : 0;
    for (const byte of await this.take(more)) value = value * 256 + byte;
    return value;
  }

  async message() {
    const type = await this.integer(), length = await this.take(2);
    return { type, body: await this.take(length[0] << 8 | length[1]) };
  }

  async isAtEnd() { return !await this.fill(1); }
}

/** Both SETUPs, each on a unidirectional stream. */
var setUp = async transport => {
  const incoming = transport.incomingUnidirectionalStreams.getReader();
  const writer = (await transport.createUnidirectionalStream()).getWriter();
  await writer.write(message(0x2f00, []));
  const control = new Reader((await incoming.read()).value);
  const { type } = await control.message();
  if (type !== 0x2f00) throw new Error(`SETUP was to come, not 0x${type.toString(16)}`);
  return { transport, incoming, writer, control };
};

/** Sends a request on a stream of its own; its answer, and the stream's ends. */
async function request(session, type, body) {
  const stream = await session.transport.createBidirectionalStream();
  const writer = stream.writable.getWriter(), reader = new Reader(stream.readable);
  await writer.write(message(type, body));
  return { answer: await reader.message(), reader, writer };
}

/** The payloads of a subgroup stream, with its group. */
async function subgroup(stream) {
  const reader = new Reader(stream), type = await reader.integer();
  if ((type & 0x10) === 0 || type > 0x7f) throw new Error(`no subgroup: 0x${type.toString(16)}`);
  await reader.integer();
  const group = await reader.integer();
  if ((type >> 1 & 3) === 2) await reader.integer();
  if ((type & 0x20) === 0) await reader.take(1);
  const payloads = [];
  while (!await reader.isAtEnd()) {
    await reader.integer();
    if (type & 1) await reader.take(await reader.integer());
    const length = await reader.integer();
    if (length === 0) await reader.integer();
    else payloads.push(decoder.decode(await reader.take(length)));
  }
  return { group, payloads };
}

/** The payloads of as many groups as `ended` says in the end, in the order of the groups. */
async function groupsUntil(session, ended) {
  const groups = [];
  let count = Infinity;
  const done = ended.then(number => { count = number; });
  while (groups.length < count) {
    const next = session.incoming.read().then(({ value }) => subgroup(value));
    const group = await Promise.race([next, done.then(() => groups.length < count ? next : null)]);
    if (group) groups.push(group);
  }
  return groups.sort((a, b) => a.group - b.group).flatMap(group => group.payloads);
}

/** Subscribes to a track and reads it to its end: the payloads, in the order of their groups. */
var subscribe = async (transport, namespace, track) => {
  const session = await setUp(transport);
  const { answer, reader } = await request(session, 0x03, [0, ...name(namespace, track), 0]);
  if (answer.type !== 0x04) throw new Error(`SUBSCRIBE was answered with 0x${answer.type.toString(16)}`);
  return await groupsUntil(session, reader.message().then(({ type, body }) => type === 0x0b ? body[1] : Infinity));
};

/** Sends the payloads, ten to a group, in streams of this type under alias 9; how many groups there are. */
async function sendGroups(transport, type, payloads) {
  const groups = Math.ceil(payloads.length / 10);
  for (let group = 0; group < groups; group++) {
    const out = (await transport.createUnidirectionalStream()).getWriter();
    await out.write(new Uint8Array([...integer(type), 9, ...integer(group), 128]));
    for (const payload of payloads.slice(group * 10, group * 10 + 10)) {
      await out.write(new Uint8Array([0, ...text(payload)]));
    }
    await out.close();
  }
  return groups;
}

/** Publishes a namespace and, to its first subscriber, the payloads, ten to a group. */
var publish = async (transport, namespace, payloads) => {
  const session = await setUp(transport);
  const { answer } = await request(session, 0x06, [0, ...name(namespace), 0]);
  if (answer.type !== 0x07) throw new Error(`PUBLISH_NAMESPACE was answered with 0x${answer.type.toString(16)}`);
  const peers = transport.incomingBidirectionalStreams.getReader();
  const stream = (await peers.read()).value;
  const reader = new Reader(stream.readable), writer = stream.writable.getWriter();
  const { type } = await reader.message();
  if (type !== 0x03) throw new Error(`SUBSCRIBE was to come, not 0x${type.toString(16)}`);
  await writer.write(message(0x04, [9, 0]));
  // FIRST_OBJECT, subgroup 0, the end of its group.
  const groups = await sendGroups(transport, 0x58, payloads);
  await writer.write(message(0x0b, [2, ...integer(groups), 0]));
  await writer.close();
  return groups;
};
