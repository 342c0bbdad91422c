// biome-ignore-all lint/suspicious/noTsIgnore: expecting an error would be one where nothing is missing
/** Types from packages that a project need not have. Where one is not installed, these are `any`, and nothing breaks. */

/** @ts-ignore: for projects without msw */
export type MswHandler = import('msw').WebSocketHandler
/** @ts-ignore: for projects without the types of Node */
export type HttpListener = import('node:http').RequestListener
