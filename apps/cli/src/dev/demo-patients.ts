// Invented patients, for whom nothing is alike but the form: names of many scripts, dates that are known in part, and fields
// that are missing. Social Security numbers of area 999 belong to nobody, neither do telephone numbers 555-01xx, and the
// domain example.org neither (RFC 2606).
import type { NewPatient } from '@salus/schema';

export const DEMO_PATIENTS: readonly [NewPatient, ...NewPatient[]] = [
  {
    mrn: 'DEMO-0001',
    name: { family: 'Ordóñez', given: ['María', 'José'] },
    birthDate: '1984-03-09',
    sex: 'female',
    ssn: '999-45-0001',
    email: 'maria.ordonez@example.org',
    phone: '+1 202-555-0101',
    address: {
      line: ['1200 Calle del Sol'],
      city: 'Santa Fe',
      state: 'NM',
      postalCode: '87501',
      country: 'US',
    },
  },
  {
    mrn: 'DEMO-0002',
    name: { family: '张', given: ['伟'] },
    birthDate: '1979-11-23',
    sex: 'male',
    phone: '+1 415-555-0102',
    address: { line: ['88 Clay Street', 'Apt 5'], city: 'San Francisco', state: 'CA', postalCode: '94108' },
  },
  {
    mrn: 'DEMO-0003',
    name: { family: "O'Connor", given: ['Siobhán'] },
    birthDate: '1991-07-30',
    sex: 'female',
    email: 'siobhan@example.org',
    phone: '+1 617-555-0103',
  },
  { mrn: 'DEMO-0004', name: { family: 'Nguyễn', given: ['Thị', 'Hương'] }, birthDate: '1962', sex: 'female' },
  {
    mrn: 'DEMO-0005',
    name: { family: 'الهاشمي', given: ['ليلى'] },
    birthDate: '2001-01-15',
    sex: 'female',
    email: 'layla@example.org',
  },
  {
    mrn: 'DEMO-0006',
    name: { family: 'van der Berg-Smith', given: ['J. R.'] },
    birthDate: '1948-12',
    sex: 'male',
    phone: '+1 312-555-0106',
    address: { line: ['9 Elm Court'], city: 'Chicago', state: 'IL', postalCode: '60601', country: 'US' },
  },
  { mrn: 'DEMO-0007', name: { family: 'Suharto', given: [] }, birthDate: '1970-06-01', sex: 'male' },
  {
    mrn: 'DEMO-0008',
    name: { family: 'Иванова', given: ['Ольга', 'Сергеевна'] },
    birthDate: '1956-02-29',
    sex: 'female',
    phone: '+1 718-555-0108',
    address: { line: ['Brighton Beach Avenue 14'], city: 'Brooklyn', state: 'NY', postalCode: '11235' },
  },
  {
    mrn: 'DEMO-0009',
    name: { family: 'Keʻalohilani', given: ['Noa'] },
    birthDate: '2015-10-04',
    sex: 'other',
    address: { line: ['Hale 3'], city: 'Hilo', state: 'HI', postalCode: '96720', country: 'US' },
  },
  {
    mrn: 'DEMO-0010',
    name: { family: 'Þórsdóttir', given: ['Guðrún'] },
    birthDate: '1938-05-17',
    sex: 'unknown',
    email: 'gudrun@example.org',
  },
  {
    mrn: 'DEMO-0011',
    name: { family: 'अग्रवाल', given: ['प्रिया'] },
    birthDate: '1995-08-21',
    sex: 'female',
    phone: '+1 512-555-0111',
  },
  { mrn: 'DEMO-0012', name: { family: '佐藤', given: ['健'] }, birthDate: '2024-02-29', sex: 'male' },
];
