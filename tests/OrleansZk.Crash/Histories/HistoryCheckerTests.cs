namespace OrleansZk.Crash.Histories;

/// <summary>The checker is no good unless it fails: every kind of fault, one by one.</summary>
public sealed class HistoryCheckerTests
{
    private readonly HistoryBuilder _server = new();
    private readonly HistoryChecker _checker = new(["/a", "/b"]);

    [Fact]
    public void A_faultless_history_passes()
    {
        _server.Create("/n");
        _server.Set("/n");
        _server.Delete("/n");
        _server.Create("/m");
        _server.CreateSequential("/s-", 0);
        _server.CreateEphemeral("/e", session: 9);
        _server.Acknowledge(_server.BeginMulti(1, Create("/a"), Create("/b")));
        ShouldPass();
        _server.Set("/m");
        _server.Execute(_server.Begin(new Part(PartKind.SetData, "/m")));
        _server.Begin(new Part(PartKind.SetData, "/m"));
        _server.Execute(_server.BeginMulti(2, Set("/a"), Set("/b"), Create("/t")));
        _server.BeginMulti(2, Set("/a"), Set("/b"), Create("/t2"));
        _server.Execute(_server.Begin(new Part(PartKind.Create, "/s-", IsSequential: true), connection: 3), "/s-0000000004");
        ShouldPass();
        ShouldPass();
    }

    [Fact]
    public void An_acknowledged_create_is_lost()
    {
        _server.Create("/n");
        _server.Nodes.Remove("/n");
        ShouldFail("/n was acknowledged and is missing");
    }

    [Fact]
    public void A_node_of_an_earlier_round_is_lost()
    {
        _server.Create("/n");
        ShouldPass();
        _server.Nodes.Remove("/n");
        ShouldFail("/n was acknowledged and is missing");
    }

    [Fact]
    public void An_acknowledged_change_is_lost()
    {
        _server.Create("/n");
        Found before = _server.Nodes["/n"];
        _server.Set("/n");
        _server.Nodes["/n"] = before;
        ShouldFail("version 1 was acknowledged and 0 found");
    }

    [Fact]
    public void The_last_of_several_changes_is_lost()
    {
        _server.Create("/n");
        _server.Set("/n");
        Found before = _server.Nodes["/n"];
        _server.Set("/n");
        _server.Nodes["/n"] = before;
        ShouldFail("version 2 was acknowledged and 1 found");
    }

    [Fact]
    public void A_change_is_executed_twice()
    {
        _server.Create("/n");
        Write write = _server.Begin(new Part(PartKind.SetData, "/n"));
        _server.Execute(write);
        _server.Execute(write);
        ShouldFail("version 2 was found after version 0, 0 acknowledged and 1 unanswered writes");
    }

    [Fact]
    public void A_change_comes_after_those_that_its_connection_sent_later()
    {
        _server.Create("/n");
        Write early = _server.Begin(new Part(PartKind.SetData, "/n"));
        _server.Set("/n");
        _server.Execute(early);
        ShouldFail("was executed after");
    }

    [Fact]
    public void A_value_comes_from_nowhere()
    {
        _server.Create("/n");
        _server.Nodes["/n"] = _server.Nodes["/n"] with { Value = "w77" };
        ShouldFail("value 'w77' is of no write");
    }

    [Fact]
    public void A_node_comes_from_nowhere()
    {
        _server.Nodes["/n"] = new Found("w77", HistoryBuilder.StatOf(0x100));
        ShouldFail("was created by nobody");
    }

    [Fact]
    public void A_refused_write_leaves_a_trace()
    {
        Write write = _server.Begin(new Part(PartKind.Create, "/n"), mustFail: true);
        _server.Execute(write);
        _server.History.Refused(write, ErrorCode.BadVersion, _server.Zxid);
        ShouldFail("was created by nobody");
    }

    [Fact]
    public void A_write_that_cannot_succeed_is_executed_unanswered()
    {
        _server.Execute(_server.Begin(new Part(PartKind.Create, "/n"), mustFail: true));
        ShouldFail("was created by nobody");
    }

    [Fact]
    public void A_write_that_cannot_succeed_is_acknowledged()
    {
        _server.Acknowledge(_server.Begin(new Part(PartKind.Create, "/n"), mustFail: true));
        ShouldFail("should have been refused");
    }

    [Fact]
    public void A_write_is_refused_without_reason()
    {
        Write write = _server.Begin(new Part(PartKind.Create, "/n"));
        _server.History.Refused(write, ErrorCode.NodeExists, _server.Zxid);
        ShouldFail("should not have been refused");
    }

    [Fact]
    public void A_deleted_node_is_still_there()
    {
        _server.Create("/n");
        Found before = _server.Nodes["/n"];
        _server.Delete("/n");
        _server.Nodes["/n"] = before;
        ShouldFail("was deleted with acknowledgement");
    }

    [Fact]
    public void A_deleted_node_comes_back_in_a_later_round()
    {
        _server.Create("/n");
        Found before = _server.Nodes["/n"];
        _server.Delete("/n");
        ShouldPass();
        _server.Nodes["/n"] = before;
        ShouldFail("/n was deleted and is back");
    }

    [Fact]
    public void An_unanswered_write_is_executed_in_a_later_round()
    {
        Write write = _server.Begin(new Part(PartKind.Create, "/n"));
        ShouldPass();
        _server.Execute(write);
        ShouldFail("was created by nobody");
    }

    [Fact]
    public void An_unanswered_multi_is_executed_in_part()
    {
        _server.Execute(_server.BeginMulti(1, Create("/n1"), Create("/n2")));
        _server.Nodes.Remove("/n2");
        ShouldFail("was executed in part");
    }

    [Fact]
    public void An_unanswered_multi_has_deleted_and_not_created()
    {
        _server.Create("/n1");
        _server.Execute(_server.BeginMulti(2, new Part(PartKind.Delete, "/n1"), Create("/n2")));
        _server.Nodes.Remove("/n2");
        ShouldFail("was executed in part");
    }

    [Fact]
    public void An_acknowledged_multi_is_executed_in_part()
    {
        _server.Acknowledge(_server.BeginMulti(1, Create("/n1"), Create("/n2")));
        _server.Nodes.Remove("/n2");
        ShouldFail("/n2 was acknowledged and is missing");
    }

    [Fact]
    public void Nodes_that_are_written_together_differ()
    {
        _server.Acknowledge(_server.BeginMulti(1, Create("/a"), Create("/b")));
        ShouldPass();
        Found before = _server.Nodes["/b"];
        _server.Execute(_server.BeginMulti(1, Set("/a"), Set("/b")));
        _server.Nodes["/b"] = before;
        ShouldFail("a multi was executed in part: /a");
    }

    [Fact]
    public void An_unanswered_write_is_executed_without_the_one_before_it()
    {
        _server.Begin(new Part(PartKind.Create, "/n1"));
        _server.Execute(_server.Begin(new Part(PartKind.Create, "/n2")));
        ShouldFail("was executed, but not");
    }

    [Fact]
    public void An_acknowledged_write_is_executed_without_the_one_before_it()
    {
        _server.Begin(new Part(PartKind.Create, "/n1"));
        _server.Create("/n2");
        ShouldFail("was acknowledged, but not executed was");
    }

    [Fact]
    public void Zxids_go_back()
    {
        _server.Create("/n");
        _checker.Check(_server.Round(), new Snapshot(_server.Zxid - 1, new Dictionary<string, Found>(_server.Nodes)))
            .ShouldContain(fault => fault.Contains("was seen, and now the newest is", StringComparison.Ordinal));
    }

    [Fact]
    public void A_zxid_is_given_out_twice()
    {
        Write first = _server.Begin(new Part(PartKind.Create, "/n1"));
        Write second = _server.Begin(new Part(PartKind.Create, "/n2"));
        Stat stat = HistoryBuilder.StatOf(0x200);
        _server.History.Done(first, [new PartResult("/n1", stat)], 0x200);
        _server.History.Done(second, [new PartResult("/n2", stat)], 0x200);
        ShouldFail("zxid 200 was given to");
    }

    [Fact]
    public void A_later_write_gets_a_lower_zxid()
    {
        _server.Create("/n1");
        Write write = _server.Begin(new Part(PartKind.Create, "/n2"), connection: 2);
        _server.History.Done(write, [new PartResult("/n2", HistoryBuilder.StatOf(0x50))], 0x50);
        ShouldFail("was known already");
    }

    [Fact]
    public void A_node_is_found_with_another_zxid_than_was_told()
    {
        _server.Create("/n");
        _server.Nodes["/n"] = new Found(_server.Nodes["/n"].Value, HistoryBuilder.StatOf(0x99));
        ShouldFail("was answered with czxid");
    }

    [Fact]
    public void A_version_is_given_out_twice()
    {
        _server.Create("/n");
        Found before = _server.Nodes["/n"];
        _server.Set("/n");
        _server.Nodes["/n"] = before;
        _server.Set("/n");
        ShouldFail("versions were given out twice");
    }

    [Fact]
    public void A_number_is_given_out_again_after_a_delete()
    {
        _server.CreateSequential("/s-", 5);
        _server.Delete("/s-0000000005");
        ShouldPass();
        _server.CreateSequential("/s-", 5);
        ShouldFail("a name was given out again");
    }

    [Fact]
    public void Numbers_go_back()
    {
        _server.CreateSequential("/s-", 5);
        _server.Delete("/s-0000000005");
        ShouldPass();
        _server.Execute(_server.Begin(new Part(PartKind.Create, "/s-", IsSequential: true)), "/s-0000000003");
        ShouldFail("but number 5 was given out before");
    }

    [Fact]
    public void Numbers_go_back_within_a_round()
    {
        _server.CreateSequential("/s-", 5);
        _server.CreateSequential("/s-", 4);
        ShouldFail("but number 5 was given out before");
    }

    [Fact]
    public void A_sequential_node_is_created_twice()
    {
        Write write = _server.Begin(new Part(PartKind.Create, "/s-", IsSequential: true));
        _server.Execute(write, "/s-0000000001");
        _server.Execute(write, "/s-0000000002");
        ShouldFail("was created by nobody");
    }

    [Fact]
    public void An_ephemeral_outlives_its_closed_session()
    {
        _server.CreateEphemeral("/e", session: 9);
        _server.History.SetFate(9, Fate.Gone);
        ShouldFail("or with its session, and is there");
    }

    [Fact]
    public void An_ephemeral_goes_before_its_session()
    {
        _server.CreateEphemeral("/e", session: 9);
        ShouldPass();
        _server.Nodes.Remove("/e");
        ShouldFail("/e was acknowledged and is missing");
    }

    [Fact]
    public void An_ephemeral_changes_its_owner()
    {
        _server.CreateEphemeral("/e", session: 9);
        _server.Nodes["/e"] = new Found(_server.Nodes["/e"].Value, _server.Nodes["/e"].Stat with { EphemeralOwner = 0 });
        ShouldFail("its owner should be session 9 and is 0");
    }

    [Fact]
    public void A_session_goes_with_some_of_its_ephemerals()
    {
        _server.CreateEphemeral("/e1", session: 9);
        _server.CreateEphemeral("/e2", session: 9);
        _server.History.SetFate(9, Fate.MayBeGone);
        _server.Nodes.Remove("/e1");
        ShouldFail("session 9 is gone with /e1, but not with /e2");
    }

    [Fact]
    public void A_session_that_may_be_gone_may_be_gone()
    {
        _server.CreateEphemeral("/e1", session: 9);
        _server.CreateEphemeral("/e2", session: 9);
        _server.History.SetFate(9, Fate.MayBeGone);
        ShouldPass();
        _server.Nodes.Remove("/e1");
        _server.Nodes.Remove("/e2");
        ShouldPass();
    }

    [Fact]
    public void A_read_shows_less_than_was_known()
    {
        _server.Create("/n");
        Found before = _server.Nodes["/n"];
        _server.Set("/n");
        _server.History.Saw(new Read("/n", _server.History.VersionOf("/n"), before.Value, before.Stat), _server.Zxid);
        ShouldFail("was read with version 0 when 1 was known already");
    }

    [Fact]
    public void A_read_shows_what_is_then_lost()
    {
        _server.Create("/n");
        Found before = _server.Nodes["/n"];
        _server.Execute(_server.Begin(new Part(PartKind.SetData, "/n")));
        _server.History.Saw(new Read("/n", 0, _server.Nodes["/n"].Value, _server.Nodes["/n"].Stat), _server.Zxid);
        _server.Nodes["/n"] = before;
        ShouldFail("was read with version 1 and has version 0 now");
    }

    [Fact]
    public void A_read_shows_what_nobody_wrote()
    {
        _server.Create("/n");
        _server.History.Saw(new Read("/n", 0, "other", _server.Nodes["/n"].Stat), _server.Zxid);
        ShouldFail("which nobody wrote");
    }

    [Fact]
    public void A_childrens_version_goes_back()
    {
        _server.Create("/n");
        _server.Nodes["/n"] = new Found(_server.Nodes["/n"].Value, _server.Nodes["/n"].Stat with { Cversion = 5 });
        ShouldPass();
        _server.Nodes["/n"] = new Found(_server.Nodes["/n"].Value, _server.Nodes["/n"].Stat with { Cversion = 4 });
        ShouldFail("/n has gone back");
    }

    private static Part Create(string path) => new(PartKind.Create, path);

    private static Part Set(string path) => new(PartKind.SetData, path);

    private void ShouldPass() => _checker.Check(_server.Round(), _server.Snapshot()).ShouldBeEmpty();

    private void ShouldFail(string fault) => _checker.Check(_server.Round(), _server.Snapshot())
        .ShouldContain(found => found.Contains(fault, StringComparison.Ordinal));
}
