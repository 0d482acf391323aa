/** A Thrift struct: its fields by their numbers. */
export type Struct = ReadonlyMap<number, Thrift>;
export type Thrift = boolean | number | bigint | Uint8Array | Thrift[] | Struct;

const MAX_DEPTH = 32;
/** The maximum number of bytes of a 64-bit integer, with seven bits in each byte. */
const MAX_NUMBER_BYTES = 10;

/**
 * Parses a struct in Thrift's compact protocol, which Parquet uses for its footer and page headers. The input
 * is untrusted: no collection may claim more elements than there are bytes.
 * @throws {RangeError} if the bytes are truncated or malformed
 */
export function structIn(bytes: Uint8Array): { struct: Struct; length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;

  function bits(): bigint {
    let value = 0n;
    for (let n = 0; n < MAX_NUMBER_BYTES; n++) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << BigInt(7 * n);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("a number that is too long");
  }

  function signed(): bigint {
    const value = bits();
    return (value >> 1n) ^ -(value & 1n);
  }

  /**
   * Checks a number of elements against the bytes that are left, since each element takes at least one byte.
   */
  function count(value: number): number {
    if (value > bytes.length - at) throw new RangeError("more than there is");
    return value;
  }

  function element(type: number, depth: number): Thrift {
    if (depth > MAX_DEPTH) throw new RangeError("too deep");
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return view.getInt8(at++);
      case 4:
      case 5:
        return Number(signed());
      case 6:
        return signed();
      case 7:
        at += 8;
        return view.getFloat64(at - 8, true);
      case 8: {
        const length = count(Number(bits()));
        at += length;
        return bytes.subarray(at - length, at);
      }
      case 9:
      case 10: {
        const head = view.getUint8(at++);
        const [size, of] = [head >> 4, head & 0x0f];
        const length = count(size === 15 ? Number(bits()) : size);
        const isFlag = of === 1 || of === 2;
        return Array.from({ length }, () => (isFlag ? view.getUint8(at++) === 1 : element(of, depth + 1)));
      }
      case 12:
        return struct(depth + 1);
      default:
        throw new RangeError("a type that Parquet does not use");
    }
  }

  function struct(depth: number): Struct {
    const fields = new Map<number, Thrift>();
    for (let id = 0; ; ) {
      const head = view.getUint8(at++);
      const type = head & 0x0f;
      if (type === 0) return fields;
      id = head >> 4 === 0 ? Number(signed()) : id + (head >> 4);
      fields.set(id, element(type, depth));
    }
  }

  return { struct: struct(0), length: at };
}

export const numberIn = (struct: Struct, field: number): number | undefined => {
  const value = struct.get(field);
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" ? value : undefined;
};

export const textIn = (struct: Struct, field: number): string | undefined => {
  const value = struct.get(field);
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined;
};

export const structAt = (struct: Struct, field: number): Struct | undefined => {
  const value = struct.get(field);
  return value instanceof Map ? value : undefined;
};

export const listIn = (struct: Struct, field: number): readonly Thrift[] => {
  const value = struct.get(field);
  return Array.isArray(value) ? value : [];
};

export const structsIn = (struct: Struct, field: number): Struct[] =>
  listIn(struct, field).filter((one): one is Struct => one instanceof Map);
