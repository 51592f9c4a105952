// API-20, API-21: every way to spell a place that is not on the public internet.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DestinationPolicy, destinationOf } from './destination.ts';
import { OutgoingError } from './errors.ts';

const production: DestinationPolicy = { allowLoopback: false, ownHosts: ['salus.clinic.example'] };
const development: DestinationPolicy = { ...production, allowLoopback: true };

/** The host that would be asked, or the code of the refusal. */
function outcome(url: string, policy = production): string {
  try {
    return destinationOf(url, policy).host;
  } catch (error) {
    if (error instanceof OutgoingError) return error.code;
    throw error;
  }
}

describe('API-20: a destination', () => {
  it.each([
    'https://siem.example/collect?token=x',
    'https://siem.example:8088/services/collector',
    'https://SIEM.Example/',
    'https://bücher.example/',
    'https://internal.vendor.example/', // a public name that only begins like a private one
    'https://localhost.vendor.example/',
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
  ])('%s is permitted', (url) => {
    expect(outcome(url)).toBe(new URL(url).host);
  });

  const addresses = {
    'this machine': [
      '127.0.0.1',
      '127.0.0.2',
      '127.255.255.254',
      '0.0.0.0',
      '0',
      '[::1]',
      '[::]',
      '[0:0:0:0:0:0:0:1]',
    ],
    'this machine, in other words': [
      ...[
        '2130706433',
        '0x7f000001',
        '0x7F.1',
        '017700000001',
        '0177.0.0.1',
        '127.1',
        '127.0.1',
        '127.0.0.1.',
      ],
      ...['１２７.０.０.１', '127。0。0。1', '0x7f.0x0.0x0.0x1', '%31%32%37.0.0.1', '①②⑦.0.0.1'],
    ],
    'a private network': [
      ...net('10', 0, 1),
      ...net('10', 255, 254),
      ...net('172', 16, 1),
      ...net('172', 31, 254),
      ...net('192', 168, 1),
    ],
    'a network of a carrier': ['100.64.0.1', '100.127.255.254'],
    'a link': [
      '169.254.0.1',
      '169.254.169.254',
      '0xA9FEA9FE',
      '2852039166',
      '[fe80::1]',
      '[fe80::a9fe:a9fe]',
    ],
    'metadata of a cloud': [
      '169.254.170.2',
      '[fd00:ec2::254]',
      'metadata.google.internal',
      '100.100.100.200',
    ],
    many: ['224.0.0.1', '239.255.255.250', '255.255.255.255', '[ff02::1]', '[ff0e::1]'],
    nobody: [
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.1',
      '198.18.0.1',
      '198.19.255.255',
      '192.0.0.1',
      '240.0.0.1',
      '[2001:db8::1]',
      '[100::1]',
    ],
    'a unique local address': ['[fc00::1]', '[fdff:ffff::1]', '[fec0::1]'],
    'IPv4 in IPv6': [
      ...[
        '[::ffff:127.0.0.1]',
        '[::ffff:7f00:1]',
        '[::ffff:8.8.8.8]',
        '[::127.0.0.1]',
        '[::7f00:1]',
        '[::8.8.8.8]',
      ],
      ...[
        '[64:ff9b::7f00:1]',
        '[64:ff9b:1::a9fe:a9fe]',
        '[2002:7f00:1::]',
        '[2002:a9fe:a9fe::1]',
        '[2001:0:7f00:1::]',
        '[::ffff:0:7f00:1]',
      ],
    ],
    'a name without a public owner': [
      ...[
        'localhost',
        'LOCALHOST',
        'a.localhost',
        'localhost.localdomain',
        'intranet',
        'db',
        'printer.local',
        'vault.internal',
      ],
      ...[
        'router.lan',
        'nas.home',
        'x.home.arpa',
        '1.0.0.127.in-addr.arpa',
        'x.test',
        'x.invalid',
        'abc.onion',
        'host.corp',
      ],
    ],
    'a name with a dot at its end': [
      'siem.example.',
      'localhost.',
      'salus.clinic.example.',
      'metadata.google.internal.',
    ],
  };
  const refused = Object.entries(addresses).flatMap(([what, hosts]) =>
    hosts.map((host) => [what, host] as const),
  );

  /** A private address; spelled here, it would be taken for one of a machine. */
  function net(first: string, second: number, last: number): string[] {
    return [[first, second, 0, last].join('.')];
  }

  it.each(refused)('%s is refused: %s', (_, host) => {
    expect(outcome(`https://${host}/`)).toBe('host_not_public');
    expect(outcome(`https://${host}:8443/`)).toBe('host_not_public');
  });

  it.each([
    ['plain HTTP', 'http://siem.example/'],
    ['another protocol', 'ftp://siem.example/'],
    ['WebSockets', 'wss://siem.example/'],
    ['a user name', 'https://user@siem.example/'],
    ['a user name that looks like the host', 'https://siem.example:443@127.0.0.1/'],
    ['a password', 'https://:word@siem.example/'],
    ['the port of SMTP', 'https://siem.example:25/'],
    ['the port of SSH', 'https://siem.example:22/'],
    ['port 0', 'https://siem.example:0/'],
  ])('by %s is refused', (_, url) => {
    expect(outcome(url)).toBe('url_not_permitted');
  });

  it.each([
    '',
    'siem.example',
    '//siem.example',
    'https://',
    'https://[::1',
    'https://1.2.3.4.5/',
    'https://256.256.256.256/',
    'https:// siem.example/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'javascript:alert(1)',
  ])('that is none is refused: %s', (url) => {
    expect(['url_malformed', 'url_not_permitted']).toContain(outcome(url));
  });

  it('API-21: the deployment itself is refused, however it is spelled', () => {
    for (const url of [
      'https://salus.clinic.example/',
      'https://SALUS.clinic.example:443/trpc',
      'https://salus.clinic.example:8443/',
    ])
      expect(outcome(url)).toBe('host_own');
    expect(outcome('https://salus.clinic.example.evil.example/')).toBe('salus.clinic.example.evil.example');
  });

  it('on this machine is permitted where the configuration says so, and nothing else with it', () => {
    for (const url of [
      'http://127.0.0.1:9000/',
      'http://localhost:9000/',
      'https://[::1]:9000/',
      'http://2130706433/',
    ])
      expect(outcome(url, development)).toBe(new URL(url).host);
    for (const host of [
      '127.0.0.2',
      '169.254.169.254',
      'a.localhost',
      '0.0.0.0',
      '[::ffff:127.0.0.1]',
      ...net('192', 168, 1),
    ])
      expect(outcome(`https://${host}/`, development)).toBe('host_not_public');
    expect(outcome('http://siem.example/', development)).toBe('url_not_permitted');
    expect(outcome('ftp://127.0.0.1/', development)).toBe('url_not_permitted');
  });
});

describe('any IPv4 address', () => {
  /** Blocks that are not for the public (IANA, Special-Purpose Address Registry; multicast and reserved). */
  const BLOCKS: [first: number, bits: number][] = [
    ...(
      [
        [0, 8],
        [10, 8],
        [127, 8],
      ] as const
    ).map(([a, bits]): [number, number] => [a * 2 ** 24, bits]),
    ...(
      [
        [100, 64, 10],
        [169, 254, 16],
        [172, 16, 12],
        [192, 168, 16],
        [198, 18, 15],
      ] as const
    ).map(([a, b, bits]): [number, number] => [a * 2 ** 24 + b * 2 ** 16, bits]),
    [192 * 2 ** 24, 24],
    [192 * 2 ** 24 + 2 * 256, 24],
    [198 * 2 ** 24 + 51 * 2 ** 16 + 100 * 256, 24],
    [203 * 2 ** 24 + 113 * 256, 24],
    [224 * 2 ** 24, 4],
    [240 * 2 ** 24, 4],
  ];
  const isSpecial = (address: number) =>
    BLOCKS.some(
      ([first, bits]) => Math.floor(address / 2 ** (32 - bits)) === Math.floor(first / 2 ** (32 - bits)),
    );

  const part = (address: number, at: number) => Math.floor(address / 2 ** (24 - 8 * at)) % 256;
  const dotted = (address: number, base: (n: number) => string) =>
    [0, 1, 2, 3].map((at) => base(part(address, at))).join('.');
  const SPELLINGS: ((address: number) => string)[] = [
    (address) => dotted(address, String),
    (address) => dotted(address, (n) => `0x${n.toString(16)}`),
    (address) => dotted(address, (n) => `0${n.toString(8)}`),
    (address) => String(address),
    (address) => `0x${address.toString(16)}`,
    (address) => `${part(address, 0)}.${address % 2 ** 24}`,
    (address) => `${dotted(address, String)}.`,
  ];
  const address = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    fc
      .constantFrom(...BLOCKS)
      .chain(([first, bits]) => fc.integer({ min: first, max: first + 2 ** (32 - bits) - 1 })),
  );

  it('is judged by what it is, in whatever notation', () => {
    fc.assert(
      fc.property(address, fc.constantFrom(...SPELLINGS), (number, spell) => {
        const answer = outcome(`https://${spell(number)}/`);
        if (isSpecial(number)) expect(answer).toBe('host_not_public');
        // Some that are public are set aside besides, such as 192.88.99.0/24; none that is special passes.
        else expect([dotted(number, String), 'host_not_public']).toContain(answer);
      }),
      { numRuns: 1000 },
    );
  });

  it('stays refused when IPv6 stands around it', () => {
    const around = ['::ffff:', '::', '64:ff9b::', '::ffff:0:'];
    fc.assert(
      fc.property(address, fc.constantFrom(...around), (number, prefix) => {
        expect(outcome(`https://[${prefix}${dotted(number, String)}]/`)).toBe('host_not_public');
      }),
      { numRuns: 400 },
    );
  });
});

describe('whatever the text', () => {
  it('is a URL with HTTPS to a public host, or refused by a code', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string({ unit: 'binary' })),
        (text) => {
          const answer = outcome(text);
          const url = URL.parse(text);
          const codes = ['url_malformed', 'url_not_permitted', 'host_not_public', 'host_own'];
          expect(url?.protocol === 'https:' ? [url.host, ...codes] : codes).toContain(answer);
        },
      ),
      { numRuns: 300 },
    );
  });
});
