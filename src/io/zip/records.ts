/** Signatures and lengths of a ZIP archive's records, by their names in PKWARE's APPNOTE. */
export const LOCAL_HEADER = { signature: 0x04034b50, bytes: 30 } as const;
export const CENTRAL_HEADER = { signature: 0x02014b50, bytes: 46 } as const;
export const END = { signature: 0x06054b50, bytes: 22 } as const;
export const ZIP64_END = { signature: 0x06064b50, bytes: 56 } as const;
export const ZIP64_LOCATOR = { signature: 0x07064b50, bytes: 20 } as const;

/** The extra field for values of more than 32 bits. */
export const ZIP64_EXTRA = 1;

/** The placeholder of a number that does not fit, and is in a Zip64 record instead. */
export const IN_ZIP64_16 = 0xffff;
export const IN_ZIP64_32 = 0xffffffff;

/** Bits of the general purpose flag. */
export const FLAGS = {
  /** Encryption in its three forms: of data, strong, and of the directory. */
  encrypted: (1 << 0) | (1 << 6) | (1 << 13),
  /** Sizes and checksum follow the data. */
  descriptor: 1 << 3,
  utf8: 1 << 11,
} as const;

export const METHODS = { stored: 0, deflated: 8 } as const;

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Returns a 64-bit number; inexact above 2^53, which is beyond the end of any file. */
export const uint64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
