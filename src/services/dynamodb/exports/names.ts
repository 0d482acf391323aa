import type { Place } from "#kernel/records/collection.ts";
import { type Export, tableArn } from "../store.ts";

const folder = (prefix: string | undefined) =>
  `${prefix === undefined || prefix === "" ? "" : `${prefix}/`}AWSDynamoDB`;

/** The key of an export's object in its bucket. */
export const keyIn = (prefix: string | undefined, id: string, name: string): string =>
  `${folder(prefix)}/${id}/${name}`;

/** The key of a data file. All incremental exports share one folder. */
export const dataKeyIn = ({ asked: { S3Prefix }, id, span }: Export, name: string): string =>
  span ? `${folder(S3Prefix)}/data/${name}` : keyIn(S3Prefix, id, `data/${name}`);

export const exportArn = (place: Place, { of, id }: Export): string =>
  `${tableArn(place, of.name)}/export/${id}`;
