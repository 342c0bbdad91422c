/** What is kept of an answer, for the same question again. @throws where it has no JSON; nothing is kept then */
export const replyOf = (result: unknown): string => JSON.stringify(result) ?? 'null'
