// Published latencies that the model stands on, in milliseconds a round trip, and the assumptions that stand beside them.

export const PLACES = {
  'North America': 'N. Virginia',
  'South America': 'São Paulo',
  Europe: 'Frankfurt',
  Asia: 'Singapore',
  Oceania: 'Sydney',
} as const;

export type Place = keyof typeof PLACES;

export const PLACE_NAMES = Object.keys(PLACES) as Place[]; // the keys of the table

/**
 * Between AWS regions, averages of half a year: “Latency Between AWS Global Regions” (2017), as it is given in
 * https://acomputerscientistlearnsaws.blogspot.com/2017/04/aws-regions.html. One direction of each pair.
 */
const BETWEEN: readonly (readonly [Place, Place, number])[] = [
  ['North America', 'Europe', 88.66],
  ['North America', 'Asia', 216.7],
  ['North America', 'Oceania', 230],
  ['North America', 'South America', 119.5],
  ['Europe', 'Asia', 325.9],
  ['Europe', 'Oceania', 323.5],
  ['Europe', 'South America', 194.9],
  ['Asia', 'Oceania', 175.3],
  ['Asia', 'South America', 328.1],
  ['Oceania', 'South America', 322.5],
];

/** Assumed: a caller and the nearest data centre, and two machines in one place. */
export const TO_THE_EDGE = 20;
export const WITHIN_A_PLACE = 2;

/**
 * A message to Cloudflare Queues, acknowledged: median of about 60 ms, says
 * https://blog.cloudflare.com/how-we-built-cloudflare-queues/ (2024).
 */
export const QUEUE_SEND = 60;

export function between(one: Place, other: Place): number {
  if (one === other) return WITHIN_A_PLACE;
  const pair = BETWEEN.find(([a, b]) => (a === one && b === other) || (a === other && b === one));
  if (!pair) throw new Error('no latency is known');
  return pair[2];
}
