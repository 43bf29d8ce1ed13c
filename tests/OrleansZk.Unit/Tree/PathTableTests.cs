using System.Text;
using OrleansZk.Core.Tree;

namespace OrleansZk.Unit.Tree;

public sealed class PathTableTests
{
    private readonly PathTable _table = new();

    [Theory]
    [InlineData("/")]
    [InlineData("/plain")]
    [InlineData("/žluťoučký/kůň")]
    [InlineData("/日本語")]
    [InlineData("/a b")]
    public void A_node_is_found_by_string_and_by_bytes(string path)
    {
        ZNode node = Add(path);

        _table.Find(path).ShouldBeSameAs(node);
        Find(Encoding.UTF8.GetBytes(path)).ShouldBeSameAs(node);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_find_nothing()
    {
        Add("/é");
        Add("/\uFFFD");

        // Latin-1, cut short, overlong, and what a decoder would make U+FFFD of.
        Find([(byte)'/', 0xE9]).ShouldBeNull();
        Find([(byte)'/', 0xC3]).ShouldBeNull();
        Find([(byte)'/', 0xE0, 0x83, 0xA9]).ShouldBeNull();
        Find([(byte)'/', 0xFF]).ShouldBeNull();
        Find([]).ShouldBeNull();
        _table.Find("").ShouldBeNull();
    }

    [Fact]
    public void A_path_longer_than_the_stack_buffer_is_found()
    {
        string path = "/" + new string('č', 5000);
        ZNode node = Add(path);

        _table.Find(path).ShouldBeSameAs(node);
        Find(Encoding.UTF8.GetBytes(path)).ShouldBeSameAs(node);
    }

    [Fact]
    public void It_grows_and_forgets()
    {
        const int Count = 20_000;
        ZNode[] nodes = [.. Enumerable.Range(0, Count).Select(i => Add($"/n{i}"))];
        _table.Count.ShouldBe(Count);
        nodes.ShouldAllBe(node => ReferenceEquals(_table.Find(node.Path), node));

        for (int i = 0; i < Count; i += 2)
        {
            _table.Remove(nodes[i]);
        }

        _table.Count.ShouldBe(Count / 2);
        for (int i = 0; i < Count; i++)
        {
            (_table.Find($"/n{i}") is not null).ShouldBe(i % 2 == 1);
        }

        ZNode again = Add("/n0");
        _table.Find("/n0").ShouldBeSameAs(again);
    }

    [Fact]
    public void Nodes_of_one_bucket_are_told_apart_and_removed_from_anywhere_in_it()
    {
        ZNode[] nodes = [.. new[] { "/a", "/b", "/c", "/d" }.Select(path => new ZNode(path, 42))];
        foreach (ZNode node in nodes)
        {
            _table.Add(node);
        }

        // The last added is the first of the chain.
        foreach (int index in new[] { 1, 3, 0, 2 })
        {
            _table.Remove(nodes[index]);
        }

        _table.Count.ShouldBe(0);
    }

    private ZNode? Find(byte[] utf8) => _table.Find(utf8.AsSpan());

    private ZNode Add(string path)
    {
        var node = new ZNode(path, PathTable.HashOf(path));
        _table.Add(node);
        return node;
    }
}
