/**
 * The part of HDF5 that Keras uses, by the names of the HDF5 File Format Specification: superblock
 * version 0, groups as symbol tables, object headers version 1, contiguous data.
 */

export const SIGNATURES = {
  file: '\x89HDF\r\n\x1a\n',
  tree: 'TREE',
  symbols: 'SNOD',
  heap: 'HEAP',
  globalHeap: 'GCOL',
  /** The signature of object headers of version 2, which are not supported. */
  newHeader: 'OHDR',
} as const;

export const SUPERBLOCK_BYTES = 96;
export const HEADER_BYTES = 16;
export const MESSAGE_BYTES = 8;
export const HEAP_BYTES = 32;
export const SYMBOL_BYTES = 40;
export const GLOBAL_HEAP_BYTES = 16;
/** Half the capacity of a node of names, as in every file of h5py. */
export const LEAF_K = 4;
/** Half the number of children of a tree node. */
export const INTERNAL_K = 16;

/** The types of messages in an object header. */
export const MESSAGES = {
  nothing: 0x00,
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  comment: 0x0d,
  oldModified: 0x0e,
  continuation: 0x10,
  symbolTable: 0x11,
  modified: 0x12,
  attributeInfo: 0x15,
} as const;

/** What an entry of a group contains besides an address. */
export const CACHED = { nothing: 0, group: 1, softLink: 2 } as const;

/** The value of an undefined address. */
export const NOWHERE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] as const;

/** Rounds up to a multiple of 8, where everything begins. */
export const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
