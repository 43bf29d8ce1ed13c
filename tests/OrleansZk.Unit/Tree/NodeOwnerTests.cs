using OrleansZk.Core.Tree;

namespace OrleansZk.Unit.Tree;

public sealed class NodeOwnerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(NodeOwner.MaxTtl)]
    public void A_time_to_live_comes_back(long ttl)
    {
        long owner = NodeOwner.ForTtl(ttl);

        NodeOwner.IsTtl(owner).ShouldBeTrue();
        NodeOwner.TtlOf(owner).ShouldBe(ttl);
        NodeOwner.IsSession(owner).ShouldBeFalse();
        ((ulong)owner >> 56).ShouldBe(0xFFu);
        (((ulong)owner >> 40) & 0xFFFF).ShouldBe(0u);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(NodeOwner.MaxTtl + 1)]
    [InlineData(long.MaxValue)]
    public void A_time_to_live_has_bounds(long ttl) => Should.Throw<ArgumentOutOfRangeException>(() => NodeOwner.ForTtl(ttl));

    [Theory]
    [InlineData(NodeOwner.None, false)]
    [InlineData(NodeOwner.Container, false)]
    [InlineData(1L, true)]
    [InlineData(long.MaxValue, true)]
    [InlineData(long.MinValue + 1, true)]
    [InlineData(unchecked((long)0xFE00_0000_0000_0001), true)]
    [InlineData(unchecked((long)0xFF00_0000_0000_0001), false)]
    public void Sessions_own_their_ephemerals(long owner, bool isSession) => NodeOwner.IsSession(owner).ShouldBe(isSession);

    [Theory]
    [InlineData(0L, true)]
    [InlineData(long.MinValue, true)]
    [InlineData(-1L, true)]
    [InlineData(unchecked((long)0xFF00_0000_0000_0000), true)]
    [InlineData(unchecked((long)0xFEFF_FFFF_FFFF_FFFF), false)]
    [InlineData(1L, false)]
    public void Ids_that_mean_something_else_are_reserved(long id, bool reserved) => NodeOwner.IsReserved(id).ShouldBe(reserved);
}
