// Passwords of eight characters and more that are tried first: the head of every published list of leaked ones, and the
// words of this product and its trade. Lower case.

export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 0123456789 11111111 00000000 87654321 88888888 12341234 11223344 12121212 password
   password1 password12 password123 passw0rd p@ssw0rd p@ssword qwertyuiop qwerty123 qwerty12 qwertyui 1q2w3e4r 1qaz2wsx
   zaq12wsx asdfghjkl asdfasdf zxcvbnm1 iloveyou sunshine princess football baseball superman trustno1 whatever
   starwars computer michelle jennifer corvette mercedes midnight changeme letmein1 welcome1 welcome123 admin123
   administrator abcd1234 abc12345 aaaaaaaa abcdefgh internet samsung1 liverpool1 barcelona monkey123 dragon123
   secret123 test1234 default1 guest123 master123 hospital hospital1 provider nursing1 medicine medical1 healthcare
   health123 patient1 patient123 doctor123 salus123 salussalus clinic123 telehealth pharmacy hipaa123 hippocrates`.split(
    /\s+/,
  ),
);
