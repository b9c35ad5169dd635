// TensorFlow's event files: a sequence of records (tensorflow/core/lib/io/record_writer.h), each a
// protocol buffer Event (tensorflow/core/util/event.proto).

/** The fields that are written, by their numbers in event.proto and summary.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2 } as const;
const SESSION_LOG = { status: 1 } as const;
const STATUS_START = 1;
/** The wire types of fields. */
const WIRE = { varint: 0, double: 1, bytes: 2, float: 5 } as const;

const utf8 = /* @__PURE__ */ new TextEncoder();

/** Encodes a number with seven bits per byte, lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

const key = (field: number, wire: number) => varint(field * 8 + wire);
const integer = (field: number, value: number) => [...key(field, WIRE.varint), ...varint(value)];
const block = (field: number, bytes: ArrayLike<number>) => [
  ...key(field, WIRE.bytes),
  ...varint(bytes.length),
  ...Array.from(bytes),
];
const double = (field: number, value: number) => [
  ...key(field, WIRE.double),
  ...new Uint8Array(littleEndian(8, (view) => view.setFloat64(0, value, true))),
];
const float = (field: number, value: number) => [
  ...key(field, WIRE.float),
  ...new Uint8Array(littleEndian(4, (view) => view.setFloat32(0, value, true))),
];

function littleEndian(size: number, write: (view: DataView) => void): ArrayBuffer {
  const buffer = new ArrayBuffer(size);
  write(new DataView(buffer));
  return buffer;
}

/** Encodes a record: length, its checksum, data, its checksum. */
function record(data: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(bytes.subarray(12, 12 + data.length)), true);
  return bytes;
}

/** Encodes an event with the current time. */
const event = (step: number, content: readonly number[]): Uint8Array =>
  record([...double(EVENT.wallTime, Date.now() / 1000), ...integer(EVENT.step, step), ...content]);

/**
 * Returns the beginning of a file: the version of the format, and a session start. Whatever an
 * earlier session wrote of this and later steps no longer counts.
 */
export function fileStart(step: number): Uint8Array[] {
  const start = block(EVENT.sessionLog, integer(SESSION_LOG.status, STATUS_START));
  return [event(0, block(EVENT.fileVersion, utf8.encode('brain.Event:2'))), event(step, start)];
}

/** Encodes numbers by tag, at a step. */
export function scalars(step: number, values: Readonly<Record<string, number>>): Uint8Array {
  const content = Object.entries(values).flatMap(([tag, value]) =>
    block(SUMMARY.value, [
      ...block(VALUE.tag, utf8.encode(tag)),
      ...float(VALUE.simpleValue, value),
    ]),
  );
  return event(step, block(EVENT.summary, content));
}

/** Castagnoli's polynomial, its lowest power in the highest bit. */
const POLYNOMIAL = 0x82f63b78;

const table = /* @__PURE__ */ Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** Computes the checksum CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/**
 * Computes the masked checksum (rotated and offset) of records, whose data may contain checksums
 * itself.
 */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
