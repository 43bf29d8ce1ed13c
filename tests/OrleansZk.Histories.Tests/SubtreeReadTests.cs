namespace OrleansZk.Histories.Tests;

public sealed class SubtreeReadTests
{
    private readonly Story _story = new();

    [Fact]
    public void A_count_is_of_all_beneath_and_of_no_neighbour()
    {
        Speaker a = Grown();
        Count(a, "/a", 2);
        Count(a, "/a/b", 1);
        Count(a, "/ab", 0);

        // The system nodes count: /zookeeper, its config and its quota.
        Count(a, "/", 7);
        _story.ShouldBeFine();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_wrong_count(int number)
    {
        Count(Grown(), "/a", number);
        _story.ShouldBreak("read", "GetAllChildrenNumber /a");
    }

    [Fact]
    public void A_count_from_before_what_the_session_has_seen()
    {
        Speaker a = Grown();
        a.Delete("/a/b/c");
        Count(a, "/a", 2);
        _story.ShouldBreak("read", "GetAllChildrenNumber /a");
    }

    [Fact]
    public void Ephemerals_are_those_of_the_session_that_are_there()
    {
        (Speaker a, Speaker b) = (_story.Open(), _story.Open());
        a.Create("/e1", mode: CreateMode.Ephemeral);
        a.Create("/e2", mode: CreateMode.Ephemeral);
        a.Create("/f", mode: CreateMode.Ephemeral);
        b.Create("/e3", mode: CreateMode.Ephemeral);
        a.Delete("/e2");
        Ephemerals(a, "/e", "/e1");
        Ephemerals(a, "/", "/e1", "/f");
        Ephemerals(b, "/", "/e3");
        _story.ShouldBeFine();
    }

    [Theory]
    [InlineData("/e1", "/e2")]
    [InlineData("/e2")]
    [InlineData]
    public void Wrong_ephemerals(params string[] told)
    {
        Speaker a = _story.Open();
        a.Create("/e1", mode: CreateMode.Ephemeral);
        a.Create("/e2", mode: CreateMode.Ephemeral);
        a.Delete("/e2");
        Ephemerals(a, "/", told);
        _story.ShouldBreak("read", "GetEphemerals /");
    }

    private Speaker Grown()
    {
        Speaker a = _story.Open();
        a.Create("/a");
        a.Create("/a/b");
        a.Create("/a/b/c");
        a.Create("/ab");
        return a;
    }

    private void Count(Speaker who, string path, int number) =>
        who.Read(new Request(OpCode.GetAllChildrenNumber, path), new Answer(ErrorCode.Ok, _story.Zxid) { Number = number });

    private void Ephemerals(Speaker who, string prefix, params string[] paths) =>
        who.Read(new Request(OpCode.GetEphemerals, prefix), new Answer(ErrorCode.Ok, _story.Zxid) { Names = paths });
}
