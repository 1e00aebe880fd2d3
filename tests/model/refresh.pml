/* How a fleet refreshes one grant: the protocol of `store.kind: redis`, for Spin.

   README.md says what is modelled and how to run it. Read from the top: what there is, what a replica
   does, what else happens, what must hold.

   Every step is one d_step: what happens at once. Between two steps anything else may happen, for any
   length of time; so a paused process needs no step of its own, and no time is modelled but for the
   promises marked "Time:". */

/* ---------------------------------------------------------------------------------- the setting */

#ifndef REPLICAS
#define REPLICAS 2 /* or 3 */
#endif
#ifndef PAIRS
#define PAIRS 3 /* how many pairs of tokens Sentry gives out, the first one included */
#endif
#ifndef FAULTS
#define FAULTS 0 /* how many faults happen at most, of the kinds that are switched on: */
#endif
#ifndef CRASH
#define CRASH 0 /* a replica is killed at any step; it comes back with an empty memory */
#endif
#ifndef LOSE
#define LOSE 0 /* a request to the token endpoint or its answer is lost */
#endif
#ifndef BUSY
#define BUSY 0 /* the token endpoint says that it did nothing (5xx, 429) */
#endif
#ifndef PAUSE
#define PAUSE 0 /* a replica stands still until its lease has lapsed */
#endif
#ifndef CUT
#define CUT 0 /* a replica is cut off from Redis; it comes back some day */
#endif
#ifndef TAME
#define TAME 0 /* but only one that is not refreshing; and P6 is asked for */
#endif
#ifndef FAILOVER
#define FAILOVER 0 /* Redis's replica takes over without the last writes, acknowledged or not */
#endif
#ifndef FLUSH
#define FLUSH 0 /* Redis is restarted empty */
#endif
#ifndef LOGINS
#define LOGINS 0 /* by a person; each takes one of PAIRS */
#endif
#ifndef LOGOUTS
#define LOGOUTS 0
#endif
#ifndef WAITS
#define WAITS 1 /* store.redis.wait_replicas: 0 or 1 */
#endif
#ifndef ALONE
#define ALONE 0 /* store.when_unreachable: 0 wait, 1 refresh_alone */
#endif
#ifndef LONG_QUIET
#define LONG_QUIET 0 /* after a loss of data: 0 until reachable owners have spoken, 1 a whole lease */
#endif
#ifndef ONE_CALL
#define ONE_CALL 1 /* 0: P1 is not asked for, where it is known not to hold */
#endif

/* The rules of the protocol. A run with -DOMIT=<rule> goes without that one. */
#define NOTHING 0
#define LEASE 1            /* no call without the lease */
#define RE_READ 2          /* what is refreshed is what the record says under the lease */
#define JOURNAL 3          /* a refresh begun is written down before the call */
#define JOURNAL_BY_LEASE 4 /* and only by the owner of the lease, however new its generation */
#define OWN_CLOCK 5        /* no call unless, by the owner's clock, the lease outlasts it */
#define SAVE_ALWAYS 6      /* a pair obtained is saved, lease or not, if its generation is higher */
#define RESTORE 7          /* memory that is newer than the record is written back */
#define QUIET 8            /* and then nobody begins for a moment */
#define QUIET_OVER_LEASE 9 /* even if somebody has a lease on the older record */
#define RENEW 10           /* an owner takes back a lease that was lost with the data */
#define RELEASE_OWN 11     /* a lease is released by its owner only */
#define CLEAR_BY_LEASE 12  /* a journal is cleared by the owner of the lease only */
#define PATIENCE 13        /* after invalid_grant the record is read again for a while */
#define TOMBSTONE 14       /* logout leaves a record without a pair */
#define PERSON_FIRST 15    /* login and logout take a generation that no refresh can have reached */
#define WAIT_JOURNAL 16    /* the journal has reached Redis's replica before the call */
#define WAIT_PAIR 17       /* the pair has reached Redis's replica before it is used */
#define RENEW_IN_TIME 18   /* but not one that by its own clock may have lapsed */
#define RENEW_IN_CALL 19   /* and only while it calls: before that it begins anew */
#define QUIET_OVER_GAP 20  /* nobody begins for a moment after a pair was saved that is not the next one */
#ifndef OMIT
#define OMIT NOTHING
#endif
#define rule(which) (OMIT != which)

/* ------------------------------------------------------------------------------------ the parts */

/* A pair of tokens is a number, in the order in which Sentry made them; 0 is none. With a generation,
   no pair is the tombstone of a logout; without one, nothing at all. */
typedef Record {
  byte generation;
  byte pair;
  bit journal;
};

/* Whose lease it is, if no replica's. */
#define NOBODY REPLICAS
#define GONE (REPLICAS + 1)   /* of a process that has ended, or has forgotten about it */
#define RESTORED (REPLICAS + 2) /* nobody's, but not to be had for a moment */

Record store;    /* Redis: the primary, */
byte lease = NOBODY;
Record copy;     /* and what its replica has of it */
byte copy_lease = NOBODY;

byte live = 1;           /* Sentry: the one pair that works, */
byte made = 1;           /* the newest it has given out; the same, but for readers */
#define LOST 101         /* answers of the token endpoint that are no pair: none came, */
#define NO_GRANT 102     /* invalid_grant, */
#define NOT_NOW 103      /* not processed */

/* Where a replica is. */
mtype = { DOWN, IDLE, LEASED, JOURNALED, READY, CALLING, OBTAINED, SAVED, REFUSED, CLEARING, ENDING };

typedef Replica {
  mtype at;
  bit linked;       /* reaches Redis */
  byte generation;  /* its memory: the newest record it has seen */
  byte pair;
  bit saw_journal;  /* in the record, when it took the lease */
  bit sure;         /* by its own clock: its lease outlasts a call */
  bit knows;        /* an answer for its pair may have been lost */
  bit given_up;     /* "revoked, needs a person" */
  byte asked;       /* the token endpoint is working on a request with this pair */
  byte answer;      /* and has answered this */
};
Replica replica[REPLICAS];
#define my replica[me]
#define is_up(r) (replica[r].at != DOWN)

/* A person's acts: each begins an era; `line` is the era of a pair, `over` the last that was ended. */
#define ERA (PAIRS + 1) /* more generations than there are refreshes: it stands for the clock */
byte era = 1;
byte line[PAIRS + 4];
byte over;
byte at_hand; /* the pair that a login has obtained and not saved yet */

byte faults; /* left */
byte logins;
byte logouts;
bit gone;  /* the live pair was lost with an answer, or is not wanted any more: by no fault of ours */
bit used;  /* the live pair has been handed to requests */

#if REPLICAS == 3
#define any(what) (what(0) || what(1) || what(2))
#else
#define any(what) (what(0) || what(1))
#endif
#define has_live(r) (is_up(r) && (replica[r].pair == live || replica[r].answer == live))
#define is_held (store.pair == live || at_hand == live || any(has_live))
#define orphaned(r) (replica[r].at == DOWN && replica[r].asked)
#define remembers(r) (is_up(r) && replica[r].generation && is_after(replica[r].pair))
#define is_after(a_pair) (a_pair == 0 || line[a_pair] > over)
#define is_remembered ((store.generation && is_after(store.pair)) || any(remembers))

/* Something was taken from us: was it the last of something? Then nobody is to blame. */
inline forgive() {
  gone = gone || !is_held;
  if
  :: over && !is_remembered -> over = 0
  :: else
  fi
}

/* ----------------------------------------------------------------------------- what Redis is told */

/* Each of these is one Lua script. */
inline write(a_generation, a_pair, a_journal) {
  assert(a_generation >= store.generation);                                               /* P5 */
  assert(!(store.generation && store.pair == 0 && over) || is_after(a_pair));             /* P4 */
  store.generation = a_generation;
  store.pair = a_pair;
  store.journal = a_journal
}

#define differs (my.generation != store.generation || my.pair != store.pair)
#define is_newer (my.generation > store.generation)
#define is_as_read (!differs && store.journal == my.saw_journal)

inline adopt() {
  if
  :: differs ->
    my.generation = store.generation;
    my.pair = store.pair;
    my.knows = 0;
    my.given_up = 0
  :: else
  fi
}

inline restore() {
  write(my.generation, my.pair, 0);
  if
  :: rule(QUIET) && (lease == NOBODY || rule(QUIET_OVER_LEASE)) -> lease = RESTORED
  :: else
  fi
}

/* Where pairs are missing in between, the lease of one who calls with one of them may be as well. */
inline save_pair() {
  if
  :: rule(QUIET_OVER_GAP) && my.generation > store.generation + 1 && lease == NOBODY -> lease = RESTORED
  :: else
  fi;
  write(my.generation, my.pair, 0)
}

/* WAIT: Redis's replica gets all writes in their order. */
inline replicate() {
  copy.generation = store.generation;
  copy.pair = store.pair;
  copy.journal = store.journal;
  copy_lease = lease
}
#define is_behind                                                                    \
  (copy.generation != store.generation || copy.pair != store.pair ||                 \
   copy.journal != store.journal || copy_lease != lease)

/* ------------------------------------------------------------------------------ what a replica does */

#define to(step) my.at = (step)
#define HAS_COPY (FAILOVER && WAITS)
#define is_before_call (my.at == LEASED || my.at == JOURNALED || my.at == READY)
#define may_renew (my.at == CALLING || (is_before_call && !rule(RENEW_IN_CALL)))
#define wants (my.pair && !my.given_up && made < PAIRS)

/* Time: whoever is reached by Redis and has something newer writes it sooner than patience ends. */
#define is_coming(r)                                                                          \
  (is_up(r) && replica[r].linked &&                                                           \
   (replica[r].generation > store.generation || replica[r].asked || replica[r].answer))

#define is_reachable(r) \
  (store.pair == live || (is_up(r) && replica[r].linked && replica[r].pair == live))

/* It has ended with its lease, or has ended: nobody renews it any more, here or in the copy. */
inline leave() {
  if
  :: lease == me -> lease = GONE
  :: else
  fi;
  if
  :: copy_lease == me -> copy_lease = GONE
  :: else
  fi;
  my.sure = 0;
  my.saw_journal = 0
}

proctype Run(byte me) {
end:
  do
  /* Told by pub/sub, or by the next look: what is newer is adopted, what is older is restored. */
  :: d_step { my.at == IDLE && my.linked && differs && (!is_newer || !rule(RESTORE)) ->
       printf("%d: adopts generation %d\n", me, store.generation);
       adopt() }
  :: d_step { my.at == IDLE && my.linked && is_newer && rule(RESTORE) ->
       printf("%d: restores generation %d\n", me, my.generation);
       restore() }

  /* One script takes the lease and reads the record. */
  :: d_step { my.at == IDLE && my.linked && wants && (lease == NOBODY || !rule(LEASE)) ->
       lease = me;
       my.sure = 1;
       my.saw_journal = store.journal;
       if
       :: is_newer && rule(RE_READ) && rule(RESTORE) ->
         printf("%d: takes the lease, restores generation %d\n", me, my.generation);
         restore();
         my.saw_journal = 0;
         to(LEASED)
       :: differs && rule(RE_READ) && (!is_newer || !rule(RESTORE)) ->
         printf("%d: takes the lease; the record differs from its memory\n", me);
         to(ENDING)
       :: else ->
         printf("%d: takes the lease, journal %d\n", me, store.journal);
         my.knows = my.knows || store.journal;
         to(LEASED)
       fi }
  :: d_step { my.at == IDLE && !my.linked && ALONE && wants ->
       printf("%d: refreshes alone\n", me);
       my.asked = my.pair;
       to(CALLING) }

  /* The lease is still ours, the record is as it was read: the journal says what begins. */
  :: d_step { my.at == LEASED && !rule(JOURNAL) -> to(READY) }
  :: d_step { my.at == LEASED && rule(JOURNAL) && my.linked ->
       if
       :: ((lease == me || !rule(LEASE)) && (is_as_read || !rule(RE_READ))) ||
          (is_newer && !rule(JOURNAL_BY_LEASE)) ->
         printf("%d: writes the journal\n", me);
         write(my.generation, my.pair, 1);
         to(HAS_COPY && rule(WAIT_JOURNAL) -> JOURNALED : READY)
       :: else ->
         printf("%d: may not write the journal\n", me);
         to(ENDING)
       fi }
  :: d_step { my.at == LEASED && rule(JOURNAL) && !my.linked -> to(ENDING) }
  :: d_step { my.at == JOURNALED && my.linked -> replicate(); to(READY) }
  :: d_step { my.at == JOURNALED && !my.linked -> to(ENDING) }

  /* The call. */
  :: d_step { my.at == READY && (my.sure || !rule(OWN_CLOCK)) ->
       printf("%d: calls with pair %d\n", me, my.pair);
       my.asked = my.pair;
       to(CALLING) }
  :: d_step { my.at == READY && (!my.sure || !my.linked) -> to(ENDING) }
  :: d_step { my.at == CALLING && my.answer ->
       if
       :: my.answer == LOST -> my.knows = 1; to(ENDING)
       :: my.answer == NO_GRANT -> to(REFUSED)
       :: my.answer == NOT_NOW && my.knows -> to(ENDING)
       :: my.answer == NOT_NOW && !my.knows -> to(CLEARING)
       :: else ->
         my.generation++;
         my.pair = my.answer;
         my.knows = 0;
         to(OBTAINED)
       fi;
       my.answer = 0 }

  /* A new pair. Where it cannot be written now, it is as a memory newer than the record. */
  :: d_step { my.at == OBTAINED && my.linked ->
       if
       :: (rule(SAVE_ALWAYS) && is_newer) ||
          (!rule(SAVE_ALWAYS) && lease == me && store.generation + 1 == my.generation) ->
         printf("%d: saves pair %d\n", me, my.pair);
         save_pair();
         to(HAS_COPY -> SAVED : ENDING)
       :: else ->
         printf("%d: may not save pair %d\n", me, my.pair);
         adopt();
         to(ENDING)
       fi }
  :: d_step { my.at == OBTAINED && !my.linked -> to(ENDING) }
  :: d_step { my.at == SAVED ->
       if
       :: HAS_COPY && my.linked && rule(WAIT_PAIR) -> replicate()
       :: else
       fi;
       used = used || (my.pair == live && my.linked);
       to(ENDING) }

  /* invalid_grant: somebody may have been quicker and may still come. */
  :: d_step { my.at == REFUSED && my.linked && differs -> to(ENDING) }
  :: d_step { my.at == REFUSED && my.linked && !differs && (!any(is_coming) || !rule(PATIENCE)) ->
       printf("%d: gives up on pair %d\n", me, my.pair);
       my.given_up = 1;
       assert(!any(is_reachable));                                                        /* P3 */
       assert(!gone || my.knows || FAILOVER || FLUSH || LOGINS || LOGOUTS || ALONE);       /* P7 */
       to(ENDING) }
  :: d_step { my.at == REFUSED && !my.linked -> to(ENDING) }

  /* Not processed: nothing to be explained after a crash. */
  :: d_step { my.at == CLEARING && my.linked ->
       if
       :: (lease == me || !rule(CLEAR_BY_LEASE)) && !differs && store.journal -> store.journal = 0
       :: else
       fi;
       to(ENDING) }
  :: d_step { my.at == CLEARING && !my.linked -> to(ENDING) }

  :: d_step { my.at == ENDING ->
       printf("%d: ends\n", me);
       if
       :: my.linked && (lease == me || !rule(RELEASE_OWN)) -> lease = NOBODY
       :: else
       fi;
       leave();
       to(IDLE) }

  /* A lease that was lost with the data is taken back, to keep others away; one that may have lapsed by
     the owner's own clock is not: somebody may have come, called and gone meanwhile. */
  :: d_step { may_renew && my.linked && !differs && (lease == NOBODY || lease == RESTORED) &&
              rule(RENEW) && (my.sure || !rule(RENEW_IN_TIME)) ->
       printf("%d: takes its lease back\n", me);
       lease = me;
       my.sure = 1 }
  od
}

/* ------------------------------------------------------------------------------- what else happens */

inline give_new_pair() {
  made++;
  live = made;
  line[live] = line[my.asked];
  used = 0
}

/* The token endpoint: the live pair is replaced at once, any other is refused. */
proctype Answer(byte me) {
end:
  do
  :: d_step { my.asked && my.asked == live ->
       give_new_pair();
       my.asked = 0;
       if
       :: is_up(me) -> my.answer = live
       :: else -> gone = 1
       fi;
       printf("Sentry: pair %d for %d\n", live, me) }
  :: d_step { my.asked && my.asked != live ->
       printf("Sentry: invalid_grant for %d\n", me);
       my.asked = 0;
       my.answer = (is_up(me) -> NO_GRANT : 0) }
  :: d_step { my.asked && !is_up(me) -> my.asked = 0 } /* its request never arrived */
  :: d_step { my.asked && is_up(me) && LOSE && faults ->
       printf("lost: the request of %d\n", me);
       faults--;
       my.asked = 0;
       my.answer = LOST }
  :: d_step { my.asked && is_up(me) && LOSE && faults && my.asked == live ->
       printf("lost: pair %d for %d\n", made + 1, me);
       faults--;
       give_new_pair();
       gone = 1;
       my.asked = 0;
       my.answer = LOST }
  :: d_step { my.asked && is_up(me) && BUSY && faults ->
       printf("Sentry: not now, for %d\n", me);
       faults--;
       my.asked = 0;
       my.answer = NOT_NOW }
  od
}

/* What befalls one replica. */
proctype Suffer(byte me) {
end:
  do
  :: d_step { is_up(me) && CRASH && faults ->
       printf("crash: %d\n", me);
       faults--;
       leave();
       my.at = DOWN;
       my.linked = 1;
       my.generation = 0;
       my.pair = 0;
       my.knows = 0;
       my.given_up = 0;
       my.answer = 0;
       forgive() }
  :: d_step { !is_up(me) && !my.asked ->
       printf("started: %d\n", me);
       my.at = IDLE }
  :: d_step { is_up(me) && my.linked && CUT && faults && (!TAME || my.at == IDLE) ->
       printf("cut off: %d\n", me);
       faults--;
       my.linked = 0 }
  :: d_step { !my.linked ->
       printf("reaches Redis again: %d\n", me);
       my.linked = 1 }
  /* Time: a lease outlasts a call that was begun when its owner was sure. */
  :: d_step { lease == me && !my.asked && (!my.linked || (PAUSE && faults)) ->
       printf("lapsed: the lease of %d\n", me);
       faults = (my.linked -> faults - 1 : faults);
       lease = NOBODY;
       copy_lease = (copy_lease == me -> NOBODY : copy_lease);
       my.sure = 0 }
  od
}

/* Time: an owner that reaches Redis renews its lease sooner than a restored record comes to rest. */
#define is_spoken_for(r) \
  (replica[r].asked && replica[r].asked == store.pair &&                                     \
   (LONG_QUIET || (rule(RENEW) && is_up(r) && replica[r].linked)))
#define wait_in_vain(r)                                                                     \
  replica[r].at = (WAITS && replica[r].at == JOURNALED -> ENDING :                          \
                   (WAITS && replica[r].at == SAVED -> OBTAINED : replica[r].at))
#define come_to_rest(r) replica[r].sure = (replica[r].linked || LONG_QUIET -> 0 : replica[r].sure)

proctype Redis() {
end:
  do
  :: d_step { lease == GONE && !any(orphaned) -> lease = NOBODY }
  :: d_step { lease == RESTORED && !any(is_spoken_for) ->
       lease = NOBODY;
       come_to_rest(0);
       come_to_rest(1);
#if REPLICAS == 3
       come_to_rest(2);
#endif
     }
  :: d_step { FAILOVER && faults && is_behind -> replicate() }
  :: d_step { FAILOVER && faults && is_behind ->
       printf("failover: to generation %d\n", copy.generation);
       faults--;
       store.generation = copy.generation;
       store.pair = copy.pair;
       store.journal = copy.journal;
       lease = copy_lease;
       wait_in_vain(0);
       wait_in_vain(1);
#if REPLICAS == 3
       wait_in_vain(2);
#endif
       assert(is_held || gone || !used || !WAITS);                                         /* P8 */
       forgive() }
  :: d_step { FLUSH && faults ->
       printf("flushed\n");
       faults--;
       store.generation = 0;
       store.pair = 0;
       store.journal = 0;
       lease = NOBODY;
       replicate();
       forgive() }
  od
}
/* A person. Both acts save without the lease: in the worst case a refresh has been in vain. */
#define by_clock (era * ERA)
inline write_first(their_pair) {
  if
  :: rule(PERSON_FIRST) && by_clock > store.generation -> write(by_clock, their_pair, 0)
  :: else -> write(store.generation + 1, their_pair, 0)
  fi
}

proctype Person() {
end:
  do
  :: d_step { logins && !at_hand ->
       logins--;
       era++;
       made++;
       live = made;
       line[live] = era;
       at_hand = live;
       gone = 0;
       used = 0;
       printf("login: pair %d\n", live) }
  :: d_step { at_hand ->
       write_first(at_hand);
       at_hand = 0;
       printf("login: saved as generation %d\n", store.generation) }
  :: d_step { logouts && !at_hand ->
       logouts--;
       era++;
       over = era;
       gone = 1;
       if
       :: rule(TOMBSTONE) -> write_first(0)
       :: else -> store.generation = 0; store.pair = 0; store.journal = 0
       fi;
       printf("logout: generation %d\n", store.generation) }
  od
}

/* ------------------------------------------------------------------------------------ what must hold

   P1  No two calls with the same refresh token at the same time.
   P2  The live pair is in the record or the memory of a living replica, or on its way there, unless an
       answer was lost: by the network, or with the process that had the only copy. When all is over,
       it is in the record.
   P3  Nobody gives up while the record, or a living replica that reaches Redis, has the live pair; and
       when all is over nobody has given up unless the live pair is lost.
   P4  A tombstone is not replaced by a pair from before the logout; when all is over none is in use, if
       anybody has seen the logout.
   P5  The generation in Redis never goes down but by failover and flush; when all is over everybody
       and Redis have the same.
   P6  A pair that Sentry has replaced already is not sent, unless something was lost. (TAME runs)
   P7  Who gives up because an answer was lost knows that one may be. (Runs in which Redis loses nothing,
       nobody logs in or out, and nobody refreshes alone)
   P8  With WAIT, a failover does not lose a pair that was in use.                                      */

#define same_call(a, b) (replica[a].asked && replica[a].asked == replica[b].asked)
#if REPLICAS == 3
#define two_calls (same_call(0, 1) || same_call(0, 2) || same_call(1, 2))
#else
#define two_calls same_call(0, 1)
#endif
#define is_stale(r) (replica[r].asked && replica[r].asked != live)
#define is_apart(r) \
  (replica[r].generation != store.generation || replica[r].pair != store.pair || replica[r].at != IDLE)
#define has_given_up(r) (replica[r].given_up)
#define could_go_on (store.pair && !gone && made < PAIRS)

proctype Watch() {
end:
  do
  :: d_step { ONE_CALL && two_calls -> assert(false) }                                     /* P1 */
  :: d_step { !gone && !is_held -> assert(false) }                                         /* P2 */
  :: d_step { TAME && any(is_stale) -> assert(false) }                                     /* P6 */
  :: timeout ->
    d_step {
      printf("all is over\n");
      assert(!any(is_apart));                                                              /* P5 */
      assert(gone || store.pair == live);                                                  /* P2 */
      assert(gone || !any(has_given_up));                                                  /* P3 */
      assert(!over || !store.generation || is_after(store.pair));                          /* P4 */
      assert(!could_go_on)                                                                 /* P2 */
    };
    break
  od
}

inline begin(me) {
  my.at = IDLE;
  my.linked = 1;
  my.generation = store.generation;
  my.pair = store.pair;
  run Run(me);
  run Answer(me);
  run Suffer(me)
}

init {
  atomic {
    line[1] = era;
    store.generation = by_clock;
    store.pair = live;
    replicate();
    begin(0);
    begin(1);
#if REPLICAS == 3
    begin(2);
#endif
    run Redis();
    run Person();
    run Watch();
    /* All smaller numbers too: each must come to a good end. */
    select(faults : 0 .. FAULTS);
    select(logins : 0 .. LOGINS);
    select(logouts : 0 .. LOGOUTS)
  }
}
