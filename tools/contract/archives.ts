import { gunzipSync, inflateRawSync } from "node:zlib";

/** The files of an npm package (a gzipped tar), by path. */
export function readPackage(archive: Buffer): Map<string, Buffer> {
  const tar = gunzipSync(archive);
  const files = new Map<string, Buffer>();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(tar, at + 124, 12), 8);
    const prefix = text(tar, at + 345, 155);
    const name = text(tar, at, 100);
    const body = at + 512;
    files.set(prefix ? `${prefix}/${name}` : name, tar.subarray(body, body + size));
    at = body + Math.ceil(size / 512) * 512;
  }
  return files;
}

function text(tar: Buffer, at: number, length: number): string {
  return tar.toString("latin1", at, at + length).split("\0", 1)[0]!;
}

export interface Zip {
  names: string[];
  read(name: string): Buffer;
}

/** A zip file by its central directory; stored and deflated entries, which is all that build tools write. */
export function openZip(bytes: Buffer): Zip {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0) throw new Error("No zip: it has no central directory");
  const entries = new Map<string, { method: number; size: number; at: number }>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      bytes.readUInt16LE(at + field),
    );
    entries.set(bytes.toString("utf8", at + 46, at + 46 + nameLength!), {
      method: bytes.readUInt16LE(at + 10),
      size: bytes.readUInt32LE(at + 20),
      at: bytes.readUInt32LE(at + 42),
    });
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  return {
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw new Error(`The zip has no ${name}`);
      const header = entry.at + 30;
      const start = header + bytes.readUInt16LE(entry.at + 26) + bytes.readUInt16LE(entry.at + 28);
      const data = bytes.subarray(start, start + entry.size);
      return entry.method === 0 ? data : inflateRawSync(data);
    },
  };
}
