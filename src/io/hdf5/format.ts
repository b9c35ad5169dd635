/**
 * The format of HDF5 as far as Keras uses it, by the names of the HDF5 File Format Specification:
 * superblock version 0, groups as symbol tables, object headers version 1, contiguous data.
 */

export const SIGNATURES = {
  file: '\x89HDF\r\n\x1a\n',
  tree: 'TREE',
  symbols: 'SNOD',
  heap: 'HEAP',
  globalHeap: 'GCOL',
  /** Of the object headers of version 2, which are not read. */
  newHeader: 'OHDR',
} as const;

export const SUPERBLOCK_BYTES = 96;
export const HEADER_BYTES = 16;
export const MESSAGE_BYTES = 8;
export const HEAP_BYTES = 32;
export const SYMBOL_BYTES = 40;
export const GLOBAL_HEAP_BYTES = 16;
/** Half the number of entries that a node of names has room for, as in every file of h5py. */
export const LEAF_K = 4;
/** Half the number of children that a node of a tree has room for. */
export const INTERNAL_K = 16;

/** What a message of an object header is about. */
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

/** What an entry of a group has besides an address. */
export const CACHED = { nothing: 0, group: 1, softLink: 2 } as const;

/** The value of an address that leads nowhere. */
export const NOWHERE = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] as const;

/** Bytes up to the next multiple of 8, where everything begins. */
export const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;
