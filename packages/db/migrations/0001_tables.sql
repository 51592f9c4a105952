-- Tables of the walking skeleton. Columns of a resource follow its shape in @salus/schema (a test compares them):
-- `bytea` is ciphertext, `<column>_index` a blind index over it. Keys are composite with the organization, so that no
-- reference crosses a tenant (DESIGN.md, invariant 9).

-- No function is anybody's to call until it is granted.
alter default privileges for role salus_owner revoke execute on functions from public;

create table organizations (
  id uuid primary key,
  name text not null,
  created_at timestamptz not null default now()
);

-- The platform itself: what cannot be laid at any tenant's door (a sign-in for an unknown address) is recorded here.
insert into organizations (id, name) values ('00000000-0000-0000-0000-000000000000', 'platform');

create table organization_keys (
  organization_id uuid not null references organizations (id),
  version integer not null check (version > 0),
  provider text not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, version)
);

create table patients (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  mrn bytea not null,
  mrn_index bytea not null check (length(mrn_index) = 32),
  name bytea not null,
  birth_date bytea not null,
  sex bytea not null,
  ssn bytea,
  ssn_index bytea check (length(ssn_index) = 32),
  email bytea,
  email_index bytea check (length(email_index) = 32),
  phone bytea,
  phone_index bytea check (length(phone_index) = 32),
  address bytea,
  version integer not null check (version > 0),
  family_birth_date_index bytea check (length(family_birth_date_index) = 32),
  full_name_birth_date_index bytea check (length(full_name_birth_date_index) = 32),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  constraint patients_mrn_unique unique (organization_id, mrn_index)
);

create index patients_ssn on patients (organization_id, ssn_index) where ssn_index is not null;
create index patients_email on patients (organization_id, email_index) where email_index is not null;
create index patients_phone on patients (organization_id, phone_index) where phone_index is not null;
create index patients_family_birth_date on patients (organization_id, family_birth_date_index);
create index patients_full_name_birth_date on patients (organization_id, full_name_birth_date_index);

-- Deleting a row here shreds the patient: nothing that was sealed under the key opens again.
create table patient_keys (
  organization_id uuid not null,
  patient_id uuid not null,
  organization_key_version integer not null,
  wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (organization_id, patient_id),
  foreign key (organization_id, patient_id) references patients (organization_id, id),
  foreign key (organization_id, organization_key_version) references organization_keys (organization_id, version)
);

create table users (
  organization_id uuid not null references organizations (id),
  id uuid not null,
  role text not null check (role in ('admin', 'provider', 'nurse', 'billing', 'patient', 'privacy_officer')),
  email bytea not null,
  -- Under the platform's key, because whoever signs in has not said yet which organization they belong to.
  email_index bytea not null unique check (length(email_index) = 32),
  display_name bytea not null,
  patient_id uuid,
  password_hash text not null,
  totp_secret bytea not null,
  totp_last_step bigint,
  disabled_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (organization_id, id),
  foreign key (organization_id, patient_id) references patients (organization_id, id),
  check ((role = 'patient') = (patient_id is not null))
);

alter table patients add foreign key (organization_id, created_by) references users (organization_id, id);

create table sessions (
  organization_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  role text not null,
  created_at timestamptz not null default now(),
  second_factor_at timestamptz not null,
  last_seen_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (organization_id, id),
  unique (id),
  foreign key (organization_id, user_id) references users (organization_id, id)
);

create table refresh_tokens (
  token_hash bytea primary key check (length(token_hash) = 32),
  organization_id uuid not null,
  session_id uuid not null,
  issued_at timestamptz not null default now(),
  rotated_at timestamptz,
  -- The token that took this one's place, sealed under a key that only the holder of this one can derive.
  successor bytea,
  foreign key (organization_id, session_id) references sessions (organization_id, id),
  check ((rotated_at is null) = (successor is null))
);

create index refresh_tokens_session on refresh_tokens (organization_id, session_id);

-- Between the password and the second factor.
create table sign_in_challenges (
  token_hash bytea primary key check (length(token_hash) = 32),
  organization_id uuid not null,
  user_id uuid not null,
  expires_at timestamptz not null,
  consumed_at timestamptz,
  foreign key (organization_id, user_id) references users (organization_id, id)
);

-- Attempts to sign in that have not succeeded, by account, by address and by both, as keyed hashes.
create table sign_in_attempts (
  bucket bytea not null,
  attempted_at timestamptz not null default clock_timestamp()
);

create index sign_in_attempts_bucket on sign_in_attempts (bucket, attempted_at);

create table care_team (
  organization_id uuid not null,
  patient_id uuid not null,
  user_id uuid not null,
  assigned_at timestamptz not null default now(),
  assigned_by uuid not null,
  -- In this order it answers "whose care is this user part of", which drives every list.
  primary key (organization_id, user_id, patient_id),
  foreign key (organization_id, patient_id) references patients (organization_id, id),
  foreign key (organization_id, user_id) references users (organization_id, id),
  foreign key (organization_id, assigned_by) references users (organization_id, id)
);

create index care_team_patient on care_team (organization_id, patient_id);
