// Draft 14's forms, put in the place of those of moqt.js: QUIC's integers, the version in SETUP, one control stream.

/** A variable-length integer (RFC 9000, section 16). */
integer = value => {
  if (value < 0x40) return [value];
  if (value < 0x4000) return [0x40 | value >> 8, value & 0xff];
  throw new Error(`no room for ${value}`);
};

Reader.prototype.integer = async function () {
  const first = (await this.take(1))[0];
  let value = first & 0x3f;
  for (const byte of await this.take((1 << (first >> 6)) - 1)) value = value * 256 + byte;
  return value;
};

/** CLIENT_SETUP with version 0xff00000e and MAX_REQUEST_ID 100, and SERVER_SETUP. */
setUp = async transport => {
  const incoming = transport.incomingUnidirectionalStreams.getReader();
  const stream = await transport.createBidirectionalStream();
  const writer = stream.writable.getWriter(), control = new Reader(stream.readable);
  await writer.write(message(0x20, [1, 0xc0, 0, 0, 0, 0xff, 0, 0, 0x0e, 1, 2, ...integer(100)]));
  await expect(control, 0x21);
  return { transport, incoming, writer, control };
};

/** The body of the next message, whose type is known. */
async function expect(control, wanted) {
  const { type, body } = await control.message();
  if (type !== wanted) throw new Error(`0x${wanted.toString(16)} was to come, not 0x${type.toString(16)}`);
  return body;
}

subscribe = async (transport, namespace, track) => {
  const session = await setUp(transport);
  // Priority 128, ascending, forward, from the largest object on.
  await session.writer.write(message(0x03, [0, ...name(namespace, track), 128, 1, 1, 2, 0]));
  await expect(session.control, 0x04);
  const done = expect(session.control, 0x0b);
  return await groupsUntil(session, done.then(body => body[2]));
};

publish = async (transport, namespace, payloads) => {
  const session = await setUp(transport);
  await session.writer.write(message(0x06, [0, ...name(namespace), 0]));
  await expect(session.control, 0x07);
  const request = (await expect(session.control, 0x03))[0];
  // Alias 9, no expiry, ascending, no content yet.
  await session.writer.write(message(0x04, [request, 9, 0, 1, 0, 0]));
  // Subgroup 0, the end of its group.
  const groups = await sendGroups(transport, 0x18, payloads);
  await session.writer.write(message(0x0b, [request, 2, ...integer(groups), 0]));
  return groups;
};
