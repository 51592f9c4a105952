-- A read is one statement, which begins its request and finds the patient after that (docs/decisions/0014). A stable function would
-- look at the database as it was before: a request that had to wait for its session would show what was taken from it meanwhile.
alter function visible_patient(uuid, text[]) volatile;
