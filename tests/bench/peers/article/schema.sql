-- The tables that the article's stack keeps its records in, with the indexes that its queries need.
create schema article;

create table article.users (
  id uuid primary key default gen_random_uuid(),
  email text not null unique,
  password_hash text not null,
  role text not null,
  mfa_secret text not null
);

create table article.patients (
  id uuid primary key default gen_random_uuid(),
  mrn text not null unique,
  first_name text not null,
  last_name text not null,
  date_of_birth date not null,
  sex text not null,
  ssn text,
  email text,
  phone text,
  address text,
  created_by uuid references article.users (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index patients_name on article.patients (last_name, date_of_birth);

create table article.provider_assignments (
  provider_id uuid not null references article.users (id),
  patient_id uuid not null references article.patients (id),
  primary key (provider_id, patient_id)
);

create table article.audit_logs (
  id bigint generated always as identity primary key,
  timestamp timestamptz not null default now(),
  user_id uuid,
  action text not null,
  resource text not null,
  patient_id uuid,
  ip_address text,
  user_agent text,
  status integer not null,
  details jsonb
);

create index audit_logs_time on article.audit_logs (timestamp);
