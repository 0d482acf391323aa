import { crc32 } from "@node-rs/crc32";
import type { FrameCodec } from "./frames.ts";

/**
 * Bytes as they are, and CRC-32 as their mark: against disks that err. In vector instructions it runs at some 10 GB/s,
 * a fraction of what it costs to send the bytes.
 */
export const sums: FrameCodec = {
  magic: Buffer.from("NBL1"),
  markBytes: 4,
  begin() {
    let sum = 0;
    return {
      add(piece) {
        sum = crc32(piece, sum);
        return piece;
      },
      mark: () => word(sum),
    };
  },
  open(bytes, _, mark) {
    return crc32(bytes) === new DataView(mark.buffer, mark.byteOffset).getUint32(0, true);
  },
  written() {},
  footerMark: (footer, id) => word(crc32(id, crc32(footer))),
};

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
