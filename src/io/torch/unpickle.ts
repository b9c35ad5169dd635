import { unsupportedPickle } from '../../errors';
import { knownBy } from './known';
import { Machine } from './machine';
import { malformed, PickleBytes } from './pickleBytes';
import { DATA, type Pickled, PickledDict, PickledList, type PickledStorage } from './pickled';

/** The most opcodes of one pickle: a tensor takes some 45. */
const MOST_OPCODES = 2 ** 17;
/** Versions of the format; torch writes the first of them, unless configured otherwise. */
const PROTOCOLS = { from: 2, to: 5 } as const;
const PROTO = 0x80;
const STOP = 0x2e;

type Follow = (machine: Machine, bytes: PickleBytes) => void;

/** Supported opcodes, by their names in Python's pickletools: those that data needs. */
const OPCODES: ReadonlyMap<number, Follow> = new Map<number, Follow>([
  // FRAME states the length of what follows, for stream readers.
  [0x95, (_, bytes) => void bytes.skip(8)],
  // MARK
  [0x28, (machine) => machine.mark()],
  // NONE, NEWTRUE, NEWFALSE
  [0x4e, (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  // BININT1, BININT2, BININT, LONG1, BINFLOAT
  [0x4b, (machine, bytes) => machine.push(bytes.uint8())],
  [0x4d, (machine, bytes) => machine.push(bytes.uint16())],
  [0x4a, (machine, bytes) => machine.push(bytes.int32())],
  [0x8a, (machine, bytes) => machine.push(bytes.long(bytes.uint8()))],
  [0x47, (machine, bytes) => machine.push(bytes.float64())],
  // SHORT_BINUNICODE, BINUNICODE
  [0x8c, (machine, bytes) => machine.push(bytes.text(bytes.uint8()))],
  [0x58, (machine, bytes) => machine.push(bytes.text(bytes.uint32()))],
  // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
  [0x29, (machine) => machine.push([])],
  [0x85, (machine) => machine.push(machine.take(1))],
  [0x86, (machine) => machine.push(machine.take(2))],
  [0x87, (machine) => machine.push(machine.take(3))],
  [0x74, (machine) => machine.push(machine.takeMarked())],
  // EMPTY_LIST, APPEND, APPENDS
  [0x5d, (machine) => machine.push(new PickledList())],
  [0x61, (machine) => machine.append(machine.take(1))],
  [0x65, (machine) => machine.append(machine.takeMarked())],
  // EMPTY_DICT, SETITEM, SETITEMS
  [0x7d, (machine) => machine.push(new PickledDict())],
  [0x73, (machine) => machine.setItems(machine.take(2))],
  [0x75, (machine) => machine.setItems(machine.takeMarked())],
  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  [0x71, (machine, bytes) => machine.remember(bytes.uint8())],
  [0x72, (machine, bytes) => machine.remember(bytes.uint32())],
  [0x94, (machine) => machine.remember()],
  [0x68, (machine, bytes) => machine.recall(bytes.uint8())],
  [0x6a, (machine, bytes) => machine.recall(bytes.uint32())],
  // GLOBAL, STACK_GLOBAL, BINPERSID, REDUCE, BUILD
  [0x63, (machine, bytes) => machine.push(knownBy(bytes.line(), bytes.line()))],
  [0x93, (machine) => machine.name()],
  [0x51, (machine) => machine.storage()],
  [0x52, (machine) => machine.reduce()],
  [0x62, (machine) => machine.build()],
]);

/** The contents of a pickle, where it ends, and the storages that it names, once per occurrence. */
export interface Unpickled {
  readonly value: Pickled;
  readonly end: number;
  readonly storages: readonly PickledStorage[];
}

/**
 * Reads one pickle. Nothing in it is called: names are looked up in a list ({@link knownBy}), and
 * the results of its functions are computed here, from data only. Time and memory are proportional
 * to its length.
 *
 * @param at its offset
 * @throws SAE_FILE if it is damaged; SAE_UNSUPPORTED if it holds anything but data.
 */
export function unpickle(pickle: Uint8Array, at = 0): Unpickled {
  const bytes = new PickleBytes(pickle, at);
  const machine = new Machine();
  if (bytes.uint8() !== PROTO) throw malformed('something else');
  const protocol = bytes.uint8();
  if (protocol < PROTOCOLS.from || protocol > PROTOCOLS.to) {
    const expected = `a pickle of protocol ${PROTOCOLS.from} to ${PROTOCOLS.to}`;
    throw unsupportedPickle(expected, `protocol ${protocol}`);
  }
  for (let done = 0; done < MOST_OPCODES; done++) {
    const opcode = bytes.uint8();
    if (opcode === STOP) {
      return { value: machine.result(), end: bytes.at, storages: machine.storages };
    }
    const follow = OPCODES.get(opcode);
    if (follow === undefined) throw unsupportedPickle(DATA, `opcode ${hex(opcode)}`);
    follow(machine, bytes);
  }
  throw unsupportedPickle(`a pickle of at most ${MOST_OPCODES} opcodes`, 'a longer one');
}

const hex = (byte: number) => `0x${byte.toString(16).padStart(2, '0')}`;
