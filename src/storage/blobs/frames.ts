/**
 * The layout of a blob's file: its bytes in frames, then a footer with a mark (checksum or tag) that verifies
 * each frame.
 *
 * frames of 64 KiB (the last may be shorter), plain or encrypted
 * a mark per frame
 * size of the blob         8 bytes
 * magic                    4 bytes
 * a mark of the preceding footer and the blob's id
 *
 * Numbers are little-endian. The id is included so that a file under a wrong name is detected. A ranged read
 * verifies whole frames, so it reads at most 128 KiB more than requested; a small file is read completely.
 * The marks are defined in `sums.ts` and `sealed.ts`.
 */
export const FRAME_BYTES = 64 * 1024;

const NUMBERS_BYTES = 12;
/** The number of marks that memory is allocated for initially; it doubles when full. */
const FIRST_MARKS = 16;

/** How frames are stored, and the marks that verify them. */
export interface FrameCodec {
  /** Four ASCII letters. */
  readonly magic: Uint8Array;
  readonly markBytes: number;
  /** Starts frame number `frame`. */
  begin(frame: number): Frame;
  /** Verifies a stored frame and decodes it in place. Returns whether it is unchanged. */
  open(bytes: Uint8Array, frame: number, mark: Uint8Array): boolean;
  footerMark(footer: Uint8Array, id: string): Uint8Array;
  /** Called when bytes that `add` returned have been written. */
  written(stored: Uint8Array): void;
}

/** A frame in the course of being written. */
export interface Frame {
  /** The next bytes, encoded for storage. */
  add(piece: Uint8Array): Uint8Array;
  /** Returns the frame's mark. Must be called once, at the end. */
  mark(): Uint8Array;
}

export interface Footer {
  size: number;
  /** The marks of all frames, concatenated. */
  marks: Uint8Array;
}

/** Splits the bytes of a blob, which arrive in pieces of any size, into frames. */
export function frameWriter(by: FrameCodec) {
  /**
   * One buffer: as separate objects, the marks of a large blob would take more memory than everything else.
   */
  let marks = Buffer.alloc(FIRST_MARKS * by.markBytes);
  let frames = 0;
  let size = 0;
  let frame: Frame | undefined;

  function addMark(mark: Uint8Array): void {
    const at = frames++ * by.markBytes;
    if (at === marks.length) marks = Buffer.concat([marks], 2 * at);
    marks.set(mark, at);
  }

  return {
    /** Returns the encoded bytes of the chunk. */
    add(chunk: Uint8Array): Uint8Array[] {
      const stored: Uint8Array[] = [];
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + FRAME_BYTES - (size % FRAME_BYTES));
        frame ??= by.begin(frames);
        stored.push(frame.add(piece));
        at += piece.length;
        size += piece.length;
        if (size % FRAME_BYTES > 0) continue;
        addMark(frame.mark());
        frame = undefined;
      }
      return stored;
    },
    footer(id: string): Uint8Array {
      const numbers = Buffer.alloc(NUMBERS_BYTES);
      numbers.writeBigUInt64LE(BigInt(size));
      numbers.set(by.magic, 8);
      if (frame) addMark(frame.mark());
      const footer = Buffer.concat([marks.subarray(0, frames * by.markBytes), numbers]);
      return Buffer.concat([footer, by.footerMark(footer, id)]);
    },
  };
}

/**
 * The start of the footer in a file of `fileBytes` bytes, or undefined if a blob's file cannot have that
 * size.
 */
export function footerStart(fileBytes: number, { markBytes }: FrameCodec): number | undefined {
  const fixedBytes = NUMBERS_BYTES + markBytes;
  const frames = Math.ceil((fileBytes - fixedBytes) / (FRAME_BYTES + markBytes));
  const start = fileBytes - fixedBytes - frames * markBytes;
  return start >= 0 && Math.ceil(start / FRAME_BYTES) === frames ? start : undefined;
}

/** Decodes the footer in `bytes`; returns undefined if it is not that blob's unchanged footer. */
export function decodeFooter(bytes: Buffer, id: string, by: FrameCodec): Footer | undefined {
  const footer = bytes.subarray(0, -by.markBytes);
  const numbers = footer.subarray(-NUMBERS_BYTES);
  const sound =
    numbers.subarray(8).equals(by.magic) && bytes.subarray(-by.markBytes).equals(by.footerMark(footer, id));
  if (!sound) return undefined;
  return { size: Number(numbers.readBigUInt64LE(0)), marks: footer.subarray(0, -NUMBERS_BYTES) };
}

/**
 * Verifies and decodes the frames in `bytes`, the first of which is number `first`.
 * @returns the number of the first damaged frame
 */
export function openFrames(
  bytes: Uint8Array,
  first: number,
  { marks }: Footer,
  by: FrameCodec,
): number | undefined {
  for (let at = 0, frame = first; at < bytes.length; at += FRAME_BYTES, frame++) {
    const mark = marks.subarray(frame * by.markBytes, (frame + 1) * by.markBytes);
    if (!by.open(bytes.subarray(at, at + FRAME_BYTES), frame, mark)) return frame;
  }
  return undefined;
}
