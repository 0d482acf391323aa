/** Cases that a server cannot meet, or meets otherwise, by id, with the reason. */
export const inputsLeftOut: Record<string, string> = {};

export const outputsLeftOut: Record<string, string> = {};
