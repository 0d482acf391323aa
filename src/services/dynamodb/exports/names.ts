import type { Place } from "#kernel/collection.ts";
import { type Export, tableArn } from "../store.ts";

const folder = (prefix: string | undefined) =>
  `${prefix === undefined || prefix === "" ? "" : `${prefix}/`}AWSDynamoDB`;

/** Where an object of an export stands in its bucket. */
export const keyIn = (prefix: string | undefined, id: string, name: string): string =>
  `${folder(prefix)}/${id}/${name}`;

/** Exports of changes share a folder of files. */
export const dataKeyIn = ({ asked: { S3Prefix }, id, span }: Export, name: string): string =>
  span ? `${folder(S3Prefix)}/data/${name}` : keyIn(S3Prefix, id, `data/${name}`);

export const exportArn = (place: Place, { of, id }: Export): string =>
  `${tableArn(place, of.name)}/export/${id}`;
