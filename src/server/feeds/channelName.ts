/** What a channel is called in the store and on the bus: its field and its key, so that two fields may use one key. */
export const channelName = (field: string, key: string): string => `${field}/${key}`

export const keyIn = (field: string, channel: string): string => channel.slice(field.length + 1)
