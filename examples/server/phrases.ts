/** What people at a small company that makes a ferry timetable app say to each other. Words only. */

export interface Topic {
  readonly openers: readonly string[]
  readonly replies: readonly string[]
  readonly closers: readonly string[]
}

/** `{name}` in a phrase stands for one of these; `{person}` for somebody in the room. */
export const WORDS: Readonly<Record<string, readonly string[]>> = {
  place: ['Harbour', 'Old Pier', 'Lighthouse', 'Market Quay', 'North Dock', 'Islet', 'Saltworks'],
  feature: [
    'the departure board',
    'offline tickets',
    'the route planner',
    'push notices',
    'the seat map',
    'the tide overlay',
    'group bookings',
  ],
  day: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'tomorrow', 'next week'],
  time: ['9:30', '10:00', '11:15', '13:30', '14:00', '15:45', '16:30'],
  count: ['two', 'three', 'four', 'five', 'about a dozen', 'seventeen'],
  food: ['ramen', 'falafel', 'the soup place', 'pizza', 'dumplings', 'leftover curry'],
  device: ['an old Pixel', 'the iPad in the hall', 'Firefox', 'my own phone', 'a slow train connection'],
  amount: ['12 %', 'a third', 'half', '40 ms', '2.4 s', 'almost nothing'],
  emoji: ['🙂', '🎉', '🚢', '👀', '🙏', '😅', '☕️'],
}

export const TOPICS: readonly Topic[] = [
  {
    openers: [
      'Has anyone seen {feature} misbehave on {device}? It comes up empty for me, then fills in after a few seconds.',
      'A customer in {place} writes that {feature} shows yesterday’s times. Can someone have a look?',
      '@{person} did anything change in {feature} since {day}? Support has had {count} mails about it.',
    ],
    replies: [
      'Can reproduce. Only with the network throttled, though.',
      'Looking.',
      'On {device} it is fine here. Which version are you on?',
      'I think it is the cache: we keep the timetable for a day, and the new one starts at midnight local time, not UTC. So for everyone east of us there are a few hours in which the old one still wins. We had the same thing last spring with the summer schedule, and back then the fix was to key it by service day.',
      'Logs say {count} requests failed around {time}, all from the same region.',
      'Might be related to what @{person} merged on {day}.',
      'Hm, wait. Works after a reload {emoji}',
      'The response is right, so it must be us and not the API.',
    ],
    closers: [
      'Fixed, will be out with the next release.',
      'Found it. One missing `await`. I will write a test before I touch it.',
      'OK, I have opened a ticket with everything above.',
      'Confirmed on {device}, thank you!',
    ],
  },
  {
    openers: [
      'Who is in for lunch? Thinking of {food} at half past twelve.',
      'Lunch?',
      'It is {day} and that means {food} {emoji}',
    ],
    replies: [
      'In!',
      'Me too',
      'I brought something, but I will come along',
      'Give me ten minutes',
      'Only if it is not {food} again',
      'Can we make it one o’clock?',
      'Save me a seat',
    ],
    closers: ['Leaving now', 'Downstairs in five', 'See you at the door {emoji}'],
  },
  {
    openers: [
      'Release candidate is up. Please click through {feature} and {feature} before {time}.',
      'I would like to ship on {day}. Anything that has to go in before?',
      'Release notes draft: faster start, {feature}, and a fix for {place}. Did I forget something?',
    ],
    replies: [
      'Checked {feature} on {device}: good.',
      'Please wait for my branch, it needs one more review.',
      'The start-up time went down by {amount}. Nicely done @{person}',
      'The translations for {place} are still missing. I have asked, they promised them for {time}.',
      'All green on my side',
      'There is a typo in the third line of the notes: “depature”.',
      'Did we tell support? They asked to know a day ahead, so that they are not surprised by the new ticket view again.',
    ],
    closers: [
      'Shipped {emoji}',
      'Rolled out to 10 %. I keep an eye on the error rate until {time}.',
      'Moved to {day}, better safe than sorry.',
      'Done. Thanks everyone!',
    ],
  },
  {
    openers: [
      'New sketch for {feature}: the next departure on top, everything else one tap away. Thoughts?',
      '@{person} could you try {feature} with the screen reader when you have a minute?',
      'We have {count} different blues in the app. Can I make it two?',
    ],
    replies: [
      'Love it',
      'I would keep the platform number visible. People look for it while they run.',
      'The contrast of the grey on the card is too low; 4.5 : 1 is the minimum and this is closer to three.',
      'Does it still work with long names? “{place} via {place}” wraps into three lines on {device}.',
      'Much calmer than before {emoji}',
      'What happens when there are no more departures today? We show an empty list at the moment, and that reads like an error. A sentence and the first one of the morning would be kinder.',
      'Can I have the file?',
    ],
    closers: [
      'Updated the sketch, have another look.',
      'Great, then I build it like that.',
      'Let us talk about it on {day} at {time}, it is easier with a pen.',
    ],
  },
  {
    openers: [
      'Numbers for last week: {count} thousand tickets, delays down by {amount}.',
      'The {place} line carried more people on {day} than ever before.',
      'Fun fact: {amount} of all searches are for {place}.',
    ],
    replies: [
      'Wow',
      'That must be the weather',
      'Could also be the school trips, they book everything through group bookings now.',
      'Is that with or without the season tickets?',
      'Can we have that as a chart in the hall?',
      '{emoji}',
      'I would not trust it before {day}: the counter at {place} was offline for a while, and it sends everything it missed in one go as soon as it is back, with the time of sending and not of counting.',
    ],
    closers: [
      'Chart is up.',
      'I will look into the raw data and come back to you.',
      'Nice start into the week!',
    ],
  },
  {
    openers: [
      'Can somebody review my change to {feature}? It looks big, but most of it is moved code.',
      'Question about {feature}: why do we ask the server twice?',
      'How do you test {feature} without waiting for a real ferry?',
    ],
    replies: [
      'On it',
      'Because the first answer may be from the cache. But I agree that nobody would guess that, so let us write it down.',
      'Left {count} comments, nothing serious.',
      'Set the clock: `fakeClock.advance(60_000)`. The timetable for {place} is in the fixtures.',
      'The name is misleading. It does not fetch, it only formats.',
      'I would split it: one change that moves, one that changes behaviour. Then the second one is ten lines and easy to read.',
      'Good catch @{person}',
    ],
    closers: ['Merged, thank you!', 'Makes sense now.', 'I will add that to the readme.'],
  },
  {
    openers: [
      'I am at the dentist until {time}, back after that.',
      'Working from the {time} train today, so I may drop off now and then.',
      'Starting late on {day}, the plumber comes in the morning.',
    ],
    replies: [
      'No worries',
      'Good luck {emoji}',
      'ok',
      'Thanks for telling. I take your calls until then.',
      '👍',
    ],
    closers: ['Back.', 'Here again, what did I miss?', 'That took longer than I thought.'],
  },
  {
    openers: [
      'Who has the key for the meeting room?',
      'Does anyone have an adapter for the projector?',
      'Has somebody seen the good tape?',
    ],
    replies: [
      'Should be on the hook next to the coffee machine.',
      '@{person} had it last, I think',
      'There is one in my drawer, take it',
      'Not me',
      'Did you look in the kitchen?',
    ],
    closers: ['Found it!', 'It was in my bag all the time {emoji}', 'Thanks {emoji}'],
  },
]

export const REACTIONS: readonly string[] = ['👍', '❤️', '😂', '🎉', '👀', '🚢']
