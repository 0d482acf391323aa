import type { StructureShape } from "../contract/shapes.ts";
import type { WriteXml, XmlWriters } from "./xml/writer.ts";

/**
 * The rows of a page of ListObjectVersions in order, each with one version or one delete marker. The model has
 * a list for each kind, but S3's document mixes them.
 */
export const PAGE_ROWS = Symbol("page rows");

export function versionsWriter({ bodyMembers }: StructureShape, { members }: XmlWriters): WriteXml {
  const at = bodyMembers.findIndex(({ name }) => name === "Versions");
  const writeHead = members(bodyMembers.slice(0, at));
  const writeRow = members(bodyMembers.slice(at, at + 2));
  const writeTail = members(bodyMembers.slice(at + 2));
  return (output) => {
    const { [PAGE_ROWS]: rows = [output] } = output as { [PAGE_ROWS]?: object[] };
    return writeHead(output) + rows.map(writeRow).join("") + writeTail(output);
  };
}
